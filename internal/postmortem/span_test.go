package postmortem

import (
	"testing"
	"time"
)

// Records have the time of day, which somebody may have set since.
func TestPlaced(t *testing.T) {
	d := jvm() // it has died in the last minute before Wall
	for _, tc := range []struct {
		name   string
		lastUp time.Duration // before Wall, as it was told then
		at     time.Duration // the record's time, before Wall
		sure   Certainty
	}{
		{"in between", time.Minute, 30 * time.Second, Certain},
		{"in between, and when it was up is not known", 0, 30 * time.Second, Certain},
		{"just before", time.Minute, time.Minute + 500*time.Millisecond, Likely},
		{"long before", time.Minute, 2 * time.Minute, ""},
		{"just after", time.Minute, -500 * time.Millisecond, Likely},
		{"long after", time.Minute, -2 * time.Minute, ""},
		{"the clock was set forward by an hour", time.Hour + time.Minute, time.Hour, Likely},
		{"the clock was set back by an hour", time.Minute - time.Hour, -time.Hour + 30*time.Second, Likely},
		{"the clock was set back by an hour, and it is older", time.Minute - time.Hour, time.Hour, ""},
	} {
		if tc.lastUp != 0 {
			d.LastUp = d.Wall.Add(-tc.lastUp)
		} else {
			d.LastUp = time.Time{}
		}
		at := d.Wall.Add(-tc.at)
		if sure, _ := d.placed(at, at); sure != tc.sure {
			t.Errorf("%s: %q, want %q", tc.name, sure, tc.sure)
		}
	}
}
