package keeper

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/rcd"
	"daemon-keeper/restart"
)

// leavesOrphan leaves the journal of a run whose process was this test's, and its lock.
func (w *world) leavesOrphan(t *testing.T, since time.Time, marks ...string) *state.Locks {
	t.Helper()
	w.leaves(t, state.Intent{
		Daemon: "a", PID: os.Getpid(), Start: 5, Began: w.now(), Manager: "fake", Services: []string{"s"},
		StopTimeout: time.Minute, StartTimeout: time.Minute, Longest: 5 * time.Minute,
	}, marks...)
	dir, err := state.OpenDir(w.keeper.RunDir)
	must(t, err)
	locks, err := dir.Lock([]string{"s"}, since)
	must(t, err)
	return locks
}

// The lock lives as long as the command of a run that was killed. The next run waits
// for it, as long as the step may take, and goes on from there. A child that was killed
// before it had begun its command has held the lock as well: then the start is to be made.
func TestLockOfADeadRun(t *testing.T) {
	for _, tc := range []struct {
		name  string
		marks []string
		lives time.Duration
		alive bool // the run
		did   string
		from  time.Duration
		waits string
	}{
		{"a stop", []string{"stop s"}, 5 * time.Second, false, "start s", 5 * time.Second, "stop"},
		{"a start", []string{"stop s.", "start s"}, 5 * time.Second, false, "", 0, "start"},
		{"a start that was not begun", []string{"stop s.", "start s"}, time.Second, false, "start s", time.Second, "start"},
		{"a stop that never ends", []string{"stop s"}, time.Hour, false, "", 0, "stop"},
		{"a run that lives", []string{"stop s"}, 5 * time.Second, true, "", 0, ""},
	} {
		for _, known := range []bool{true, false} {
			t.Run(tc.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					w.remembers(t)
					d, daemons := w.add("a", "s"), []Daemon{w.isUp("b", "sb")}
					if known {
						daemons = append(daemons, d)
					}
					locks := w.leavesOrphan(t, time.Now(), tc.marks...)
					defer locks.Release()
					w.keeper.Runs = func(pid int, start uint64) (bool, error) { return tc.alive, nil }
					if tc.lives < time.Hour { // without a word: the process that held it is gone
						time.AfterFunc(tc.lives, func() { must(t, locks.Files()[0].Close()) })
					}
					if tc.waits == "start" && tc.did == "" {
						state.NoteBegun(int(locks.Files()[0].Fd()), "start", "s")
						w.toy("a").upAt = w.began.Add(tc.lives)
					}
					r := w.again(t, daemons...)["a"]
					if got := w.did(); got != tc.did || tc.did != "" && w.at(t, "start s").from < tc.from {
						t.Errorf("did %s, the log says\n%s", got, w.logged())
					}
					if said := strings.Count(w.logged(), "INFO waiting for the "+tc.waits+" of service 's', which the run of "); said != min(1, len(tc.waits)) {
						t.Errorf("said %d times, the log says\n%s", said, w.logged())
					}
					if stays := tc.alive || tc.lives == time.Hour; stays != (len(w.left(t)) > 0) {
						t.Errorf("left %+v", w.left(t))
					} else if known && stays && (r.Result != report.Held || !r.Busy) {
						t.Errorf("%+v", r)
					} else if known && !stays {
						wantResult(t, r, report.BroughtBack, "")
					}
				})
			})
		}
	}
}

func (w *world) resume(t *testing.T, name string) {
	t.Helper()
	_, err := w.keeper.Store.Resume(name, w.now())
	must(t, err)
}

// What keeps a daemon from being restarted keeps what a dead run has left from being
// finished: the next run started a daemon that was paused.
func TestFinishWaitsLikeARestart(t *testing.T) {
	for name, tc := range map[string]struct {
		begin, end func(*testing.T, *world)
		known      bool // by a run that was not asked for it
	}{
		"a pause":              {func(t *testing.T, w *world) { w.pause(t, past.Pause{Name: "a"}) }, func(t *testing.T, w *world) { w.resume(t, "a") }, true},
		"a pause of all":       {func(t *testing.T, w *world) { w.pause(t, past.Pause{Name: past.AllPaused}) }, func(t *testing.T, w *world) { w.resume(t, past.AllPaused) }, true},
		"a package manager":    {func(_ *testing.T, w *world) { w.upgrade() }, func(_ *testing.T, w *world) { w.keeper.Packages = nil }, true},
		"the admin's stop":     {func(_ *testing.T, w *world) { w.wishes["s"] = wish("s", rcd.WishStopped) }, func(_ *testing.T, w *world) { delete(w.wishes, "s") }, false},
		"a disabled service":   {func(_ *testing.T, w *world) { w.wishes["s"] = wish("s", rcd.WishDisabled) }, func(_ *testing.T, w *world) { delete(w.wishes, "s") }, false},
		"a machine that boots": {func(_ *testing.T, w *world) { w.phase = rcd.Booting }, func(_ *testing.T, w *world) { w.phase = rcd.Working }, true},
	} {
		for _, known := range []bool{true, false} {
			if !known && !tc.known {
				continue
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, d := holding(t)
					w.brings("s", "a")
					daemons := []Daemon{w.isUp("b", "sb")}
					if known {
						daemons = append(daemons, d)
					}
					w.died(t, d, "stop s.")
					tc.begin(t, w)
					for range 2 {
						time.Sleep(time.Minute)
						if r, ok := w.again(t, daemons...)["a"]; ok && r.Result != report.Held {
							t.Errorf("%+v", r)
						}
						if len(w.steps) > 0 || len(w.left(t)) != 1 {
							t.Fatalf("did %s, left %+v", w.did(), w.left(t))
						}
					}
					tc.end(t, w)
					time.Sleep(time.Minute)
					w.again(t, daemons...)
					if got := w.did(); got != "start s" || len(w.left(t)) > 0 {
						t.Errorf("then did %s, left %+v; %s", got, w.left(t), w.logged())
					}
				})
			})
		}
	}
}

// A plan that cannot be struck off is checked against the world before anything is
// repeated: each run started the service again, and said that it was down.
func TestJournalThatCannotBeRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		w.died(t, d, "stop s.", "start s")
		store, err := state.LookStore(w.keeper.Store.Path()) // as if its folder could not be written
		must(t, err)
		w.keeper.Store = store
		for range 3 {
			time.Sleep(time.Minute)
			r := w.again(t, d)["a"]
			if r.Result != report.Up || len(w.steps) > 0 || strings.Count(w.logged(), "WARNING") > 1 {
				t.Errorf("did %s: %+v, the log says\n%s", w.did(), r, w.logged())
			}
		}
	})
}

// For a further service its manager knows whether it runs.
func TestFinishAsksTheManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s", "t", "u")
		w.died(t, d, "stop s.", "start s.", "stop t.", "start t", "stop u.")
		w.conditions = map[string]rcd.Condition{"t": {State: rcd.Running}, "u": {State: rcd.Stopped}}
		w.again(t, d)
		if got := w.did(); got != "start u" || len(w.left(t)) > 0 {
			t.Errorf("did %s, left %+v", got, w.left(t))
		}
	})
}

// A start that a dead run has left and that was waited for has failed: the daemon's own service is
// seen to be down, and of a further one its manager knows. It stayed stopped.
func TestOrphanThatFails(t *testing.T) {
	for _, tc := range []struct {
		state rcd.State
		did   string
	}{{rcd.Stopped, "start t"}, {rcd.Running, ""}, {rcd.Unknown, ""}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			d := w.isUp("a", "s", "t")
			w.leaves(t, state.Intent{
				Daemon: "a", PID: os.Getpid(), Start: 5, Began: w.now(), Manager: "fake", Services: []string{"s", "t"},
				StopTimeout: time.Minute, StartTimeout: time.Minute, Longest: 5 * time.Minute,
			}, "stop s.", "stop t.", "start s.", "start t")
			dir, err := state.OpenDir(w.keeper.RunDir)
			must(t, err)
			locks, err := dir.Lock([]string{"s", "t"}, time.Now())
			must(t, err)
			defer locks.Release()
			for _, f := range locks.Files() {
				state.NoteBegun(int(f.Fd()), "start", "t")
			}
			time.AfterFunc(5*time.Second, func() {
				for _, f := range locks.Files() {
					must(t, f.Close())
				}
			})
			w.keeper.Runs = func(int, uint64) (bool, error) { return false, nil }
			w.conditions = map[string]rcd.Condition{"t": {State: tc.state}}
			w.again(t, d)
			if got := w.did(); got != tc.did || len(w.left(t)) > 0 || !strings.Contains(w.logged(), "waiting for the start of service 't'") {
				t.Errorf("%v: did %q, left %+v; %s", tc.state, got, w.left(t), w.logged())
			}
		})
	}
}

// A run that was stopped itself holds its locks for ever, and later runs said status 0
// without end.
func TestLockThatIsHeldTooLong(t *testing.T) {
	for _, tc := range []struct {
		name    string
		age     time.Duration
		stopped bool
		left    bool // its journal, which allows for 5 minutes
		want    report.Result
		hint    string
	}{
		{"in time", time.Minute, true, true, report.Held, ""},
		{"in time by its journal", 4 * time.Minute, true, true, report.Held, ""},
		{"stopped", 10 * time.Minute, true, true, report.StillDown, "let it go on: kill -CONT "},
		{"hanging", 10 * time.Minute, false, true, report.StillDown, "if it is not needed any more, end it: kill "},
		{"without a journal", time.Hour, true, false, report.StillDown, "let it go on: kill -CONT "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.remembers(t)
				d := w.add("a", "s")
				since := time.Now().Add(-tc.age)
				locks := w.leavesOrphan(t, since, "stop s.")
				defer locks.Release()
				if !tc.left {
					must(t, w.keeper.Store.Forget(w.left(t)[0]))
				}
				w.keeper.Runs = func(int, uint64) (bool, error) { return true, nil }
				w.keeper.Started = func(pid int) (uint64, error) {
					if pid != os.Getpid() {
						return 0, errors.New("no such process")
					}
					return 5, nil
				}
				w.keeper.IsStopped = func(pid int) bool { return tc.stopped && pid == os.Getpid() }
				r := w.again(t, d)["a"]
				wantResult(t, r, tc.want, "at work on service s")
				if !strings.Contains(r.Hint, tc.hint) || len(w.steps) > 0 {
					t.Errorf("hint %q, did %s", r.Hint, w.did())
				}
				if tc.want == report.StillDown {
					wantInOrder(t, w.log, []string{"WARNING 'a' is still not running: another run, pid "})
				}
				if tc.stopped && tc.want == report.StillDown && !strings.Contains(r.Reason, "it is stopped") {
					t.Errorf("%q", r.Reason)
				}
			})
		})
	}
}

// longest is never less than what the steps and the waits of a restart may take.
func TestLongest(t *testing.T) {
	p := restart.Procedure{StopTimeout: time.Minute, StartTimeout: 2 * time.Minute, Verify: 30 * time.Second, Settle: 5 * time.Second}
	if got, least := longest(p, 2), 2*(time.Minute+4*time.Minute)+40*time.Second; got < least || got > 2*least {
		t.Errorf("%v, want somewhat more than %v", got, least)
	}
}

// Who has stopped a service is asked when the dead run's command has ended: a stop that
// ended a moment after the question's first half was taken for the admin's, and the
// journal for finished.
func TestFinishAsksBehindTheCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		locks := w.leavesOrphan(t, time.Now(), "stop s")
		defer locks.Release()
		w.keeper.Runs = func(int, uint64) (bool, error) { return false, nil }
		time.AfterFunc(5*time.Second, locks.Release)
		ended := w.began.Add(5 * time.Second)
		w.again(t, d)
		if len(w.pasts) == 0 || w.did() != "start s" || len(w.left(t)) > 0 {
			t.Errorf("asked %d times, did %s, left %+v", len(w.pasts), w.did(), w.left(t))
		}
		for _, p := range w.pasts {
			if p.To.Before(ended) {
				t.Errorf("asked for %+v, and the stop ended at %v", p, ended)
			}
		}
	})
}
