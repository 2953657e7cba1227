package state

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/past"
)

const (
	bootA = "11111111-aaaa-4bbb-8ccc-111111111111"
	bootB = "22222222-aaaa-4bbb-8ccc-222222222222"
)

func TestNow(t *testing.T) {
	one := Now()
	two := Now()
	if one.IsZero() || one.Time.Location() != time.UTC || time.Since(one.Time).Abs() > time.Hour {
		t.Errorf("now is %+v", one)
	}
	if (runtime.GOOS == "linux" || runtime.GOOS == "freebsd") && (one.Boot == "" || one.Boot != two.Boot || two.Up < one.Up || one.Up <= 0) {
		t.Errorf("%+v, then %+v", one, two)
	}
	text, err := json.Marshal(one)
	var read past.Stamp
	if err != nil || json.Unmarshal(text, &read) != nil || read != one {
		t.Errorf("%+v was written as %s, %v, and read as %+v", one, text, err, read)
	}
}

func TestBootID(t *testing.T) {
	for text, want := range map[string]string{
		bootA + "\n":                             bootA,
		bootA + bootB:                            "",
		"":                                       "",
		"\n":                                     "",
		"x":                                      "",
		"11111111-AAAA-4bbb-8ccc-111111111111":   "",
		"11111111-\x1b\n\x00-4bbb-8ccc-1111":     "",
		"00000000-0000-0000-0000-000000000000\n": "",
	} {
		if got := textID([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := rawID([]byte("\x01\xff2345678901234\x00")); got != "01ff3233343536373839303132333400" {
		t.Errorf("raw: %q", got)
	}
	if rawID(make([]byte, 16)) != "" || rawID([]byte("short")) != "" || rawID(nil) != "" {
		t.Error("made an id of nothing")
	}
}

// FuzzTextID: an id is what the kernel has written, or none; no other text is one.
func FuzzTextID(f *testing.F) {
	for _, seed := range []string{bootA, bootA + "\n", "", "\n", "00000000-0000-0000-0000-000000000000", strings.ToUpper(bootA), strings.Repeat("-", 36), strings.Repeat("a", 36)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		id := textID(text)
		if id == "" {
			return
		}
		if len(id) != 36 || strings.Trim(id, "0123456789abcdef-") != "" || strings.Trim(id, "0-") == "" || id != strings.TrimSpace(string(text)) {
			t.Errorf("id %q of %q", id, text)
		}
		if again := textID([]byte(id + "\n")); again != id {
			t.Errorf("%q became %q", id, again)
		}
		stamp := past.Stamp{Time: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Boot: id, Up: 1}
		var read past.Stamp
		if data, err := json.Marshal(stamp); err != nil || json.Unmarshal(data, &read) != nil || read != stamp {
			t.Errorf("%+v became %+v", stamp, read)
		}
	})
}
