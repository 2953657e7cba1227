package past

import (
	"math"
	"time"
)

// Policy says how tries to bring a daemon back are spaced.
type Policy struct {
	Delays     []time.Duration // before the first try, the second...; the last one repeats
	Acceptable time.Duration   // after being up for this long, earlier tries no longer count
}

// delay is how long to wait before the next try, counted from the last one. An impossible
// number of tries counts as none.
func (p Policy) delay(tries int) time.Duration {
	if len(p.Delays) == 0 {
		return 0
	}
	return max(p.Delays[min(max(tries, 0), len(p.Delays)-1)], 0)
}

// Tally counts the tries to bring a daemon back.
type Tally struct {
	Tries int   `json:"tries,omitempty"`
	Last  Stamp `json:"last"`           // the end of the last try; before the first try, when the wait for it began
	Told  int   `json:"told,omitempty"` // the step of the back-off that people were told of
}

// Wait returns how long the next try must still wait; 0: try now. It is never longer than the
// delay of this step.
//
// The returned Tally must be kept in place of t, or the wait might not end: a stamp in the
// future is replaced by now, and a stamp of another boot is converted to this boot, so that
// from then on a change of the wall clock can neither freeze nor skip the wait. After a
// reboot the wall clock must be believed once; on a system without a boot ID, always.
func (t Tally) Wait(p Policy, now Stamp) (time.Duration, Tally) {
	delay := p.delay(t.Tries)
	if delay == 0 {
		return 0, t
	}
	waited := time.Duration(0)
	if t.Last.IsZero() || now.Before(t.Last) {
		t.Last = now
	} else {
		waited = min(now.Since(t.Last), delay)
	}
	if now.Boot != "" && !now.SameBoot(t.Last) {
		t.Last.Boot, t.Last.Up = now.Boot, now.Up-waited
	}
	return delay - waited, t
}

// Tried counts a try that has ended now.
func (t Tally) Tried(now Stamp) Tally {
	t.Tries = min(max(t.Tries, 0), math.MaxInt-1) + 1
	t.Last = now
	return t
}

// Up resets the tally if the daemon has been up for long enough, counted from the stamp since.
// If that is before this boot, only the time since the boot counts.
func (t Tally) Up(p Policy, since, now Stamp) Tally {
	if since.IsZero() {
		return t
	}
	up := now.Since(since)
	if now.Boot != "" && !now.SameBoot(since) {
		up = min(up, now.Up)
	}
	if up >= p.Acceptable {
		return Tally{}
	}
	return t
}
