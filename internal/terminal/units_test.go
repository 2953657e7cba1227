package terminal

import (
	"testing"
	"time"
)

func TestUnitsForEyes(t *testing.T) {
	const hour = time.Hour
	for _, tc := range []struct {
		d         time.Duration
		age, used string
	}{
		{-hour, "0s", "0.0s"},
		{0, "0s", "0.0s"},
		{499 * time.Millisecond, "0s", "0.4s"},
		{45 * time.Second, "45s", "45.0s"},
		{time.Minute - 1, "59s", "59.9s"},
		{time.Minute, "1m", "1m 0s"},
		{12*time.Minute + 3*time.Second, "12m", "12m 3s"},
		{hour - 1, "59m", "59m 59s"},
		{7*hour + 53*time.Minute, "7h 53m", "7h 53m"},
		{Day - 1, "23h 59m", "23h 59m"},
		{76 * hour, "3d 4h", "3d 4h"},
		{Year - 1, "364d 23h", "364d 23h"},
		{747 * Day, "2y 17d", "2y 17d"},
		{1<<63 - 1, "292y 171d", "292y 171d"},
	} {
		if got := Age(tc.d); got != tc.age {
			t.Errorf("age(%v) = %q, want %q", tc.d, got, tc.age)
		}
		if got := Used(tc.d); got != tc.used {
			t.Errorf("used(%v) = %q, want %q", tc.d, got, tc.used)
		}
	}
	for bytes, want := range map[uint64]string{
		1: "0 KiB", 4096: "4 KiB", 1<<20 - 1: "1.0 MiB", 1<<20 - 1024: "1023 KiB", 1 << 20: "1.0 MiB", 5 << 28: "1.2 GiB",
		1<<30 - 1: "1.0 GiB", 1023 << 20: "1023.0 MiB", 1 << 63: "8192.0 PiB",
	} {
		if got := Size(bytes); got != want {
			t.Errorf("size(%d) = %q, want %q", bytes, got, want)
		}
	}
}

func TestBreadth(t *testing.T) {
	for s, want := range map[string]int{"": 0, "clamd": 5, "ümläut": 6, "日本": 4, "ﾃﾞ": 2, "e\u0301": 1, "🙂": 2, "한": 2, "！": 2} {
		if got := Breadth(s); got != want {
			t.Errorf("breadth(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestNamesAreCutInTheMiddle(t *testing.T) {
	for _, tc := range []struct {
		name string
		most int
		want string
	}{
		{"/usr/local/sbin/clamd", 21, "/usr/local/sbin/clamd"},
		{"/usr/local/sbin/clamd", 20, "/usr/loc...bin/clamd"},
		{"日本語デーモン", 14, "日本語デーモン"},
		{"日本語デーモン", 13, "日本...モン"},
		{"日本語デーモン", 12, "日本...モン"},
	} {
		if got := CutMiddle(tc.name, tc.most); got != tc.want {
			t.Errorf("cutMiddle(%q, %d) = %q, want %q", tc.name, tc.most, got, tc.want)
		}
	}
}

func TestTimesForPeople(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 40 * time.Millisecond: "40 ms", 1300 * time.Millisecond: "1.3 s",
		90 * time.Second: "1m30s", 2 * time.Minute: "2m", 3 * time.Hour: "3h",
	} {
		if got := Seconds(d); got != want {
			t.Errorf("Seconds(%v) = %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		30 * time.Second: "30s", 2 * time.Minute: "2m", time.Hour: "1h", 90 * time.Minute: "1h30m", 500 * time.Millisecond: "500ms",
		10 * time.Second: "10s", 70 * time.Second: "1m10s", 10 * time.Minute: "10m", 20 * time.Hour: "20h",
	} {
		if got := Limit(d); got != want {
			t.Errorf("Limit(%v) = %q, want %q", d, got, want)
		}
	}
}
