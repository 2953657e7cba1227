package keeper

import (
	"testing"
	"time"

	"daemon-keeper/internal/past"
)

// TestStopsOfAnIncident: the second try's stop of what the first has stopped leaves no
// trace; the first must not be taken for the admin's then.
func TestStopsOfAnIncident(t *testing.T) {
	at := func(s int) past.Stamp {
		return past.Stamp{Time: time.Unix(int64(s), 0), Boot: "this one", Up: time.Duration(s) * time.Second}
	}
	r := new(task)
	for _, tt := range []struct {
		began, from, to, want int
	}{
		{10, 12, 13, 12},
		{10, 72, 73, 12},
		{10, 192, 193, 12},
		{300, 302, 303, 302}, // it has been up meanwhile
		{300, 301, 302, 301}, // the clock is wrong
	} {
		r.past.Incident = &past.Incident{Began: at(tt.began)}
		r.stoppedByUs("toy", at(tt.from), at(tt.to))
		if got := r.past.Stops["toy"]; got.From != at(tt.want) || got.To != at(tt.to) {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}
