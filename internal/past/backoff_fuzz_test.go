package past

import (
	"fmt"
	"testing"
	"time"
)

// world is a machine to which things happen.
type world struct {
	clock, up time.Duration // off what the world began with; since the boot
	boots     int
	tells     bool // which boot it is
}

func (w world) now() Stamp {
	s := Stamp{Time: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).Add(w.clock)}
	if w.tells {
		s.Boot, s.Up = fmt.Sprint("boot ", w.boots), w.up
	}
	return s
}

func (w *world) pass(d time.Duration) { w.clock, w.up = w.clock+d, w.up+d }

// FuzzBackoff: a wait is never negative and never longer than the delay of its
// step. Within a boot it ends just when it is said to, whatever the clock of the
// day does, and however often it is asked for.
func FuzzBackoff(f *testing.F) {
	f.Add(3, int64(time.Minute), int64(time.Hour), int64(0), bootA, int64(5), true, []byte("pbcsppbs"))
	f.Add(9, int64(0), int64(time.Hour), int64(1<<40), "", int64(0), true, []byte("ppbcpCpspcbbc"))
	f.Add(-1, int64(-5), int64(1<<63-1), int64(1<<62), "boot 0", int64(-1<<63), true, []byte("ccpbpc"))
	f.Add(1<<30, int64(0), int64(time.Second), int64(-1<<62), "", int64(1<<63-1), false, []byte("cpcpcp"))
	f.Fuzz(func(t *testing.T, tries int, first, later, lastTime int64, lastBoot string, lastUp int64, tells bool, events []byte) {
		const century = int64(100 * 365 * 24 * time.Hour)
		policy := Policy{Delays: []time.Duration{time.Duration(first % century), time.Duration(later % century)}}
		tally := Tally{tries, Stamp{time.Unix(lastTime, 0), lastBoot, time.Duration(lastUp)}, 0}
		delay, w := policy.delay(tries), world{up: time.Minute, tells: tells}
		var wait time.Duration
		ask := func() {
			if wait, tally = tally.Wait(policy, w.now()); wait < 0 || wait > delay {
				t.Fatalf("waits %v of %v: %+v", wait, delay, tally)
			}
		}
		ask()
		for i, event := range events[:min(len(events), 100)] {
			before, passed, exact := wait, time.Duration(i)*time.Second, true
			w.pass(passed)
			switch event {
			case 'b': // a reboot
				w.boots, w.up, exact = w.boots+1, time.Second, !tells
			case 's': // a snapshot is restored
				w.up, exact = w.up/2, !tells
			case 'c': // the clock is put back
				w.clock, exact = w.clock-time.Duration(i)*10000*time.Hour, tells
			case 'C': // the clock is put on
				w.clock, exact = w.clock+time.Duration(i)*10000*time.Hour, tells
			}
			ask()
			if exact && wait != max(before-passed, 0) {
				t.Fatalf("event %d %q: it waited %v, %v later it waits %v", i, event, before, passed, wait)
			}
		}
		for range 4 { // asking again does not postpone it
			w.pass(wait / 4)
			if tells {
				w.clock -= 1000 * time.Hour
			}
			ask()
		}
		w.pass(wait)
		if ask(); wait != 0 {
			t.Fatalf("at the end it still waits %v: %+v", wait, tally)
		}
	})
}
