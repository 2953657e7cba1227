package restart

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/words"
)

// world is a service manager and a process table in one, on synctest's clock.
type world struct {
	t        *testing.T
	log      []string
	fail     map[string]error                              // by "verb service"
	takes    map[string]time.Duration                      // by "verb service"
	pids     func(sinceStart time.Duration) ([]int, error) // after the last start
	failed   func(sinceStart time.Duration) bool           // nil: the manager does not tell
	started  time.Time
	onBegin  func(Step)
	witness  []string
	waits    []Wait
	cleared  []string
	old      func(service string, sinceStop time.Duration) ([]int, error) // nil: no old process
	stopped  time.Time
	deadline map[string]time.Duration
}

func newWorld(t *testing.T) *world {
	return &world{t: t, fail: map[string]error{}, takes: map[string]time.Duration{}, deadline: map[string]time.Duration{}}
}

func (w *world) command(ctx context.Context, verb words.Verb, service string) error {
	key := string(verb) + " " + service
	w.log = append(w.log, key)
	if at, ok := ctx.Deadline(); ok {
		w.deadline[key] = time.Until(at)
	}
	select {
	case <-time.After(w.takes[key]):
	case <-ctx.Done():
		return ctx.Err()
	}
	return w.fail[key]
}

func (w *world) Stop(ctx context.Context, service string) error {
	err := w.command(ctx, words.Stop, service)
	w.stopped = time.Now()
	return err
}

func (w *world) Start(ctx context.Context, service string) error {
	err := w.command(ctx, words.Start, service)
	w.started = time.Now()
	return err
}

func (w *world) Probe(ctx context.Context) ([]int, error) {
	if ctx.Err() != nil {
		w.t.Error("a look was asked for with a context that has ended")
	}
	if w.pids == nil {
		return nil, nil
	}
	return w.pids(time.Since(w.started))
}

func (w *world) HasFailed(ctx context.Context) bool {
	if ctx.Err() != nil {
		w.t.Error("the manager was asked with a context that has ended")
	}
	return w.failed != nil && w.failed(time.Since(w.started))
}

func (w *world) Remaining(ctx context.Context, service string) ([]int, error) {
	if ctx.Err() != nil {
		w.t.Error("a look was asked for with a context that has ended")
	}
	if w.old == nil {
		return nil, nil
	}
	return w.old(service, time.Since(w.stopped))
}

func (w *world) Clear(_ context.Context, stop Done) {
	w.cleared = append(w.cleared, strings.TrimSpace(string(stop.Verb)+" "+stop.Service))
}

func (w *world) AwaitEnd(pids []int) func(Wait) {
	w.witness = append(w.witness, fmt.Sprint("begin to wait for the end of ", pids))
	return func(r Wait) {
		w.witness = append(w.witness, fmt.Sprint("end to wait for the end of ", pids))
		w.waits = append(w.waits, r)
	}
}

func (w *world) Begin(s Step) {
	w.witness = append(w.witness, "begin "+string(s.Verb)+" "+s.Service)
	if w.onBegin != nil {
		w.onBegin(s)
	}
}

func (w *world) End(d Done) {
	w.witness = append(w.witness, "end "+string(d.Verb)+" "+d.Service)
}

func (w *world) Await() func() {
	w.witness = append(w.witness, "begin to wait")
	return func() { w.witness = append(w.witness, "end to wait") }
}

func procedure(services ...string) Procedure {
	return Procedure{
		Services: services, StopTimeout: 60 * time.Second, StartTimeout: 180 * time.Second,
		Verify: 30 * time.Second, Settle: 2 * time.Second, Hurry: 2 * time.Second, FirstPoll: 50 * time.Millisecond, LastPoll: time.Second,
	}
}

func always(pids ...int) func(time.Duration) ([]int, error) {
	return func(time.Duration) ([]int, error) { return pids, nil }
}

// from shows pids from a moment on.
func from(begin time.Duration, pids ...int) func(time.Duration) ([]int, error) {
	return func(d time.Duration) ([]int, error) {
		if d < begin {
			return nil, nil
		}
		return pids, nil
	}
}

func TestServicesAreStoppedAndStartedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pids = always(7)
		o := procedure("b", "a").Run(t.Context(), w, w, w)
		if want := []string{"stop b", "start b", "stop a", "start a"}; !slices.Equal(w.log, want) {
			t.Errorf("ran %q, want %q", w.log, want)
		}
		if !o.Up() || len(o.Steps) != 4 {
			t.Errorf("outcome %+v", o)
		}
		if w.deadline["stop b"] != 60*time.Second || w.deadline["start a"] != 180*time.Second {
			t.Errorf("time limits %v", w.deadline)
		}
		var planned []string
		for _, s := range procedure("b", "a").Steps() {
			planned = append(planned, string(s.Verb)+" "+s.Service)
		}
		if !slices.Equal(planned, w.log) {
			t.Errorf("Steps says %q, Run did %q", planned, w.log)
		}
	})
}

func TestWitnessSeesEachStepAsItHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		procedure("a").Run(t.Context(), w, w, w)
		if want := []string{"begin stop a", "end stop a", "begin start a", "end start a", "begin to wait", "end to wait"}; !slices.Equal(w.witness, want) {
			t.Errorf("saw %q, want %q", w.witness, want)
		}
	})
}

// A failing stop does not prevent the start, and a failing start does not
// prevent the rest: success is what is seen at the end.
func TestFailingStepsDoNotEndTheProcedure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fail["stop a"] = errors.New("cannot stop")
		w.fail["start a"] = errors.New("cannot start")
		w.pids = always(9)
		o := procedure("a", "b").Run(t.Context(), w, w, w)
		if len(w.log) != 4 {
			t.Errorf("ran only %q", w.log)
		}
		if !o.Up() || o.Steps[0].Err == nil || o.Steps[1].Err == nil || o.Steps[2].Err != nil {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestCommandsThatSucceedProveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		began := time.Now()
		o := procedure("a").Run(t.Context(), w, w, w)
		if o.Up() || o.Err != nil {
			t.Errorf("a daemon that nobody has seen is up: %+v", o)
		}
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("gave up after %v, not after Verify", took)
		}
	})
}

func TestDaemonMayAppearLateAndMustStay(t *testing.T) {
	lives := func(spans ...[2]time.Duration) func(time.Duration) ([]int, error) {
		return func(d time.Duration) ([]int, error) {
			for i, s := range spans {
				if d >= s[0] && d < s[1] {
					return []int{100 + i}, nil
				}
			}
			return nil, nil
		}
	}
	const s, ever = time.Second, time.Hour
	for _, tc := range []struct {
		name string
		pids func(time.Duration) ([]int, error)
		up   bool
		lost int
		took time.Duration // at most, with a second for the poll
	}{
		{"at once", from(0, 1), true, 0, 2 * s},
		{"late", from(20*s, 1), true, 0, 23 * s},
		{"at the last moment", from(29*s, 1), true, 0, 33 * s},
		{"too late", from(40*s, 1), false, 0, 30 * s},
		{"dies at once for good", lives([2]time.Duration{0, 1 * s}), false, 1, 30 * s},
		{"comes back and stays", lives([2]time.Duration{0, 1 * s}, [2]time.Duration{3 * s, ever}), true, 1, 8 * s},
		{"another process from one look to the next", func(d time.Duration) ([]int, error) {
			return []int{1000 + int(d/(300*time.Millisecond))}, nil
		}, false, -1, 34 * s},
		{"the parent hands over to its child", func(d time.Duration) ([]int, error) {
			switch {
			case d < s:
				return []int{1}, nil
			case d < 2*s:
				return []int{1, 2}, nil
			}
			return []int{2}, nil
		}, true, 0, 3 * s},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.pids = tc.pids
				began := time.Now()
				o := procedure("a").Run(t.Context(), w, w, w)
				if o.Up() != tc.up {
					t.Errorf("up is %v, want %v: %+v", o.Up(), tc.up, o)
				}
				if tc.lost >= 0 && o.Lost != tc.lost {
					t.Errorf("lost %d times, want %d", o.Lost, tc.lost)
				}
				if took := time.Since(began); took > tc.took+s {
					t.Errorf("took %v, want at most %v", took, tc.took)
				}
			})
		})
	}
}

func TestUnknownIsNeitherUpNorDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		blind := errors.New("blind")
		w.pids = func(time.Duration) ([]int, error) { return nil, blind }
		o := procedure("a").Run(t.Context(), w, w, w)
		if o.Up() || !errors.Is(o.Err, blind) {
			t.Errorf("outcome %+v", o)
		}
	})
}

// A look that fails in between says nothing about the daemon.
func TestOneFailingLookIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pids = func(d time.Duration) ([]int, error) {
			if d > 500*time.Millisecond && d < time.Second {
				return nil, errors.New("blind")
			}
			return []int{3}, nil
		}
		o := procedure("a").Run(t.Context(), w, w, w)
		if !o.Up() || o.Err != nil || o.Lost != 0 {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestStartThatRunsOutOfTime(t *testing.T) {
	for _, up := range []bool{true, false} {
		t.Run(fmt.Sprintf("daemon up %v", up), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.takes["start a"] = time.Hour
				if up {
					w.pids = always(5)
				}
				o := procedure("a").Run(t.Context(), w, w, w)
				if start := o.Steps[1]; start.Slow != up || start.Err == nil || start.Took != 180*time.Second {
					t.Errorf("start %+v", start)
				}
				if o.Up() != up {
					t.Errorf("up is %v", o.Up())
				}
			})
		})
	}
}

// On TERM a run starts what it has stopped, and touches nothing more.
func TestInterruptedRunStartsWhatItHasStopped(t *testing.T) {
	for _, tc := range []struct {
		at   string
		want []string
	}{
		{"before", nil},
		{"stop a", []string{"stop a", "start a"}},
		{"start a", []string{"stop a", "start a"}},
		{"stop b", []string{"stop a", "start a", "stop b", "start b"}},
	} {
		t.Run(tc.at, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				w := newWorld(t)
				w.takes["stop a"], w.takes["start a"], w.takes["stop b"] = 10*time.Second, 10*time.Second, 5*time.Second
				w.onBegin = func(s Step) {
					if string(s.Verb)+" "+s.Service == tc.at {
						go func() { time.Sleep(time.Second); cancel() }()
					}
				}
				if tc.at == "before" {
					cancel()
				}
				began := time.Now()
				o := procedure("a", "b", "c").Run(ctx, w, w, w)
				if !slices.Equal(w.log, tc.want) {
					t.Errorf("ran %q, want %q", w.log, tc.want)
				}
				if !o.Interrupted || o.Up() {
					t.Errorf("outcome %+v", o)
				}
				if took := time.Since(began); took > 27*time.Second {
					t.Errorf("took %v: it must not wait for the daemon", took)
				}
			})
		})
	}
}

func TestInterruptedRunStillSeesThatItWorked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := newWorld(t)
		w.pids = always(4)
		w.onBegin = func(Step) { cancel() }
		if o := procedure("a").Run(ctx, w, w, w); !o.Up() || !o.Interrupted {
			t.Errorf("outcome %+v", o)
		}
	})
}

// The start has only just returned: the daemon may still be on its way.
func TestInterruptedRunWaitsForAMoment(t *testing.T) {
	for _, tc := range []struct {
		at time.Duration
		up bool
	}{{time.Second, true}, {5 * time.Second, false}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			w := newWorld(t)
			w.pids = from(tc.at, 4)
			w.onBegin = func(Step) { cancel() }
			began := time.Now()
			if o := procedure("a").Run(ctx, w, w, w); o.Up() != tc.up || time.Since(began) > 2*time.Second {
				t.Errorf("appearing after %v: %+v after %v", tc.at, o, time.Since(began))
			}
		})
	}
}

// A signal while the run waits for the daemon shortens the wait.
func TestInterruptedWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		w := newWorld(t)
		began := time.Now()
		if o := procedure("a").Run(ctx, w, w, w); o.Up() || !o.Interrupted || time.Since(began) != 12*time.Second {
			t.Errorf("%+v after %v", o, time.Since(began))
		}
	})
}

func TestNoSettleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pids = always(4)
		p := procedure("a")
		p.Settle, p.Verify = 0, 0
		began := time.Now()
		if o := p.Run(t.Context(), w, w, w); !o.Up() || time.Since(began) != 0 {
			t.Errorf("outcome %+v after %v", o, time.Since(began))
		}
	})
}

// A daemon that its manager has given up is not waited for; one that is between two of its
// manager's starts is, and so is one of which a process runs.
func TestFailedIsNotWaitedFor(t *testing.T) {
	for _, tc := range []struct {
		name   string
		failed func(time.Duration) bool
		pids   func(time.Duration) ([]int, error)
		gaveUp bool
		atMost time.Duration
	}{
		{"at once", func(time.Duration) bool { return true }, nil, true, 2 * time.Second},
		{"after a while", func(d time.Duration) bool { return d > 5*time.Second }, nil, true, 8 * time.Second},
		{"for a moment", func(d time.Duration) bool { return d > 5*time.Second && d < 5900*time.Millisecond }, nil, false, 30 * time.Second},
		{"never", func(time.Duration) bool { return false }, nil, false, 30 * time.Second},
		{"it cannot be told what runs", func(time.Duration) bool { return true }, func(time.Duration) ([]int, error) { return nil, errors.New("no look") }, false, 30 * time.Second},
		{"another process of it runs", func(time.Duration) bool { return true }, always(7), false, 2 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.failed, w.pids = tc.failed, tc.pids
			began := time.Now()
			o := procedure("a").Run(t.Context(), w, w, w)
			if o.Failed != tc.gaveUp || time.Since(began) > tc.atMost || !tc.gaveUp && time.Since(began) != tc.atMost {
				t.Errorf("%s: failed: %v, after %v", tc.name, o.Failed, time.Since(began))
			}
		})
	}
}
