package restart

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/words"
)

// until has the processes of a service end some time after its stop has returned.
func until(service string, d time.Duration, pids ...int) func(string, time.Duration) ([]int, error) {
	return func(of string, since time.Duration) ([]int, error) {
		if of != service || since >= d {
			return nil, nil
		}
		return pids, nil
	}
}

// The start of most services does nothing while the old daemon is still ending: it is
// made when that has ended, or when the time of the stop is over.
func TestStartComesAfterTheEndOfTheOldProcesses(t *testing.T) {
	const s = time.Second
	errBlind := errors.New("blind")
	for _, tc := range []struct {
		name   string
		stop   time.Duration // that the command takes
		old    func(string, time.Duration) ([]int, error)
		waited time.Duration // from the end of the stop to the start
		left   []int
		err    error
	}{
		{"ended with the stop", s, nil, 0, nil, nil},
		{"ends 3 s later", 0, until("a", 3*s, 77), 3 * s, nil, nil},
		{"ends in the last moment", 0, until("a", 59*s, 77), 59 * s, nil, nil},
		{"never ends", 0, until("a", time.Hour, 77, 78), 60 * s, []int{77, 78}, nil},
		{"never ends, and the stop was slow: the time is that of the stop", 50 * s, until("a", time.Hour, 77), 10 * s, []int{77}, nil},
		{"the stop has run out of time", time.Hour, until("a", time.Hour, 77), 0, []int{77}, nil},
		{"one after the other", 0, func(_ string, since time.Duration) ([]int, error) {
			return []int{77, 78}[:max(0, 2-int(since/s))], nil
		}, 2 * s, nil, nil},
		{"cannot be told: as if it ran", 0, func(string, time.Duration) ([]int, error) { return nil, errBlind }, 60 * s, nil, errBlind},
		{"cannot be told for a while", 0, func(_ string, since time.Duration) ([]int, error) {
			if since < 5*s {
				return nil, errBlind
			}
			return nil, nil
		}, 5 * s, nil, nil},
		{"another service's", 0, until("b", time.Hour, 77), 0, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.takes["stop a"], w.old = tc.stop, tc.old
				w.pids = always(9)
				var start time.Duration
				w.onBegin = func(s Step) {
					if s.Verb == words.Start {
						start = time.Since(w.stopped)
					}
				}
				o := procedure("a").Run(t.Context(), w, w, w)
				if start < tc.waited || start > tc.waited+200*time.Millisecond {
					t.Errorf("started %v after the stop, want %v", start, tc.waited)
				}
				if want := []string{"stop a", "start a"}; !slices.Equal(w.log, want) || !slices.Equal(w.cleared, []string{"stop a"}) || !o.Up() {
					t.Errorf("ran %q, cleared before the start of %q: %+v", w.log, w.cleared, o)
				}
				if tc.waited == 0 && tc.left == nil {
					if len(w.waits) > 0 {
						t.Errorf("waited: %+v", w.waits)
					}
					return
				}
				if len(w.waits) != 1 || !slices.Equal(w.waits[0].Left, tc.left) || !errors.Is(w.waits[0].Err, tc.err) || w.waits[0].Took != start || w.waits[0].Service != "a" {
					t.Errorf("waits %+v, started after %v", w.waits, start)
				}
			})
		})
	}
}

// Each service is waited for behind its own stop.
func TestEachServiceIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pids, w.old = always(9), until("b", 4*time.Second, 5)
		began := time.Now()
		procedure("a", "b").Run(t.Context(), w, w, w)
		want := []string{
			"begin stop a", "end stop a", "begin start a", "end start a",
			"begin stop b", "end stop b", "begin to wait for the end of [5]", "end to wait for the end of [5]", "begin start b", "end start b",
			"begin to wait", "end to wait",
		}
		if !slices.Equal(w.witness, want) || !slices.Equal(w.cleared, []string{"stop a", "stop b"}) {
			t.Errorf("saw %q, cleared before the starts of %q", w.witness, w.cleared)
		}
		if took := time.Since(began); took < 6*time.Second || took > 7*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// A signal must not leave stopped what waits to be started: it waits a moment longer.
func TestInterruptedWhileTheOldProcessesEnd(t *testing.T) {
	for _, tc := range []struct {
		name         string
		signal, ends time.Duration // after the stop
		start        time.Duration
	}{
		{"it never ends", 10 * time.Second, time.Hour, 12 * time.Second},
		{"it ends soon after", 10 * time.Second, 11 * time.Second, 11 * time.Second},
		{"before the wait", 0, time.Hour, 2 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				w := newWorld(t)
				w.old = until("a", tc.ends, 77)
				var start time.Duration
				w.onBegin = func(s Step) {
					switch {
					case s.Verb == words.Start:
						start = time.Since(w.stopped)
					case tc.signal == 0:
						cancel()
					default:
						time.AfterFunc(tc.signal, cancel)
					}
				}
				o := procedure("a", "b").Run(ctx, w, w, w)
				if want := []string{"stop a", "start a"}; !slices.Equal(w.log, want) || !o.Interrupted {
					t.Errorf("ran %q: %+v", w.log, o)
				}
				if start < tc.start || start > tc.start+200*time.Millisecond {
					t.Errorf("started %v after the stop, want %v", start, tc.start)
				}
			})
		})
	}
}

// The run that has died may have been killed just behind its stop.
func TestFinishWaitsForTheOldProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.stopped = time.Now()
		w.pids, w.old = always(9), until("a", 3*time.Second, 77)
		began := time.Now()
		o := procedure("a").Finish(t.Context(), []string{"a"}, w, w, w)
		if took := time.Since(began); !o.Up() || took < 5*time.Second || took > 6*time.Second || len(w.waits) != 1 || !slices.Equal(w.cleared, []string{"a"}) {
			t.Errorf("%+v after %v, waits %+v, cleared %q", o, took, w.waits, w.cleared)
		}
	})
}
