package report

import (
	"testing"
	"time"

	"daemon-keeper/internal/history"
)

// What has happened lately is one line, with no more of the date than is needed.
func TestLately(t *testing.T) {
	now := time.Date(2026, 11, 21, 13, 0, 0, 0, time.FixedZone("CET", 3600)) // a Saturday
	at := func(s string) time.Time {
		x, err := time.ParseInLocation(moment, s, now.Location())
		if err != nil {
			t.Fatal(err)
		}
		return x.UTC()
	}
	for _, tc := range []struct {
		l    history.Lately
		want string
	}{
		{history.Lately{}, ""},
		{history.Lately{Deaths: 1, Last: at("2026-11-21 04:12"), Cause: "out of memory"}, "1 death in 30 d, last 04:12, out of memory"},
		{history.Lately{Deaths: 2, Last: at("2026-11-17 04:12"), Cause: "out of memory"}, "2 deaths in 30 d, last Tue 04:12, out of memory"},
		{history.Lately{Deaths: 2, Last: at("2026-11-20 23:59")}, "2 deaths in 30 d, last Fri 23:59"},
		{history.Lately{Deaths: 3, Last: at("2026-11-14 13:00")}, "3 deaths in 30 d, last 14 Nov 13:00"},
	} {
		if got := lately(tc.l, now); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}

// Only deaths that are over count, not what was left alone on purpose, and none twice.
func TestLatelyOfAPast(t *testing.T) {
	for name, want := range map[string]int{"clamd": 3, "sshd": 0, "named": 0} {
		for _, p := range pasts() {
			if p.Name == name {
				if got := p.Lately(dusk); got.Deaths != want {
					t.Errorf("%s: %+v, want %d", name, got, want)
				}
			}
		}
	}
}
