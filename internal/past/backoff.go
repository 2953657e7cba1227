package past

import (
	"math"
	"time"
)

// Policy is how tries to bring a daemon back are spaced.
type Policy struct {
	Delays     []time.Duration // before the first try, the second...; the last one for all further ones
	Acceptable time.Duration   // up for so long forgives
}

// delay is how long to wait before the next try, counted from the last one. A
// number of tries that cannot be counts as none.
func (p Policy) delay(tries int) time.Duration {
	if len(p.Delays) == 0 {
		return 0
	}
	return max(p.Delays[min(max(tries, 0), len(p.Delays)-1)], 0)
}

// Tally counts the tries to bring a daemon back.
type Tally struct {
	Tries int   `json:"tries,omitempty"`
	Last  Stamp `json:"last"`           // the end of the last try; before the first, when it was first waited for
	Told  int   `json:"told,omitempty"` // the step of the back-off of which people know
}

// Wait is how long the next try must still wait; 0: try now. It is never longer
// than the delay of this step.
//
// The tally that it returns is to be kept instead, or the wait might not end: a
// stamp in the future is replaced by now, and one of another boot is set into this
// one, so that from then on no clock of the day can freeze the wait or skip it. A
// reboot must believe that clock once; a system that tells no boot, always.
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

// Up forgives if the daemon has been up since then for long enough. What has been
// up since before this boot has been so since this boot at most.
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
