package keeper

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
)

// policy is the default one.
func policy() past.Policy {
	p := past.Policy{Acceptable: 5 * time.Minute}
	for _, minutes := range []time.Duration{0, 1, 2, 5, 15, 30, 60} {
		p.Delays = append(p.Delays, minutes*time.Minute)
	}
	return p
}

// untilMinute sleeps to the beginning of a minute, as cron(8) does.
func (w *world) untilMinute(n int) {
	time.Sleep(time.Until(w.began.Add(time.Duration(n) * time.Minute)))
}

// A daemon that never comes back is tried again after 0, 1, 2, 5, 15, 30 and then
// each 60 minutes, for ever. There is one line when it waits and one for each
// step, and none between.
func TestStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		d.Policy = policy()
		w.barren("s")
		var tried, told []int
		lastTry := w.now()
		for minute := range 6 * 60 {
			w.untilMinute(minute)
			r := w.again(t, d)["a"]
			if r.Status() != report.Failed {
				t.Fatalf("minute %d: status %d", minute, r.Status())
			}
			if len(w.steps) > 0 {
				tried = append(tried, minute)
				lastTry = w.now()
				if r.NextTry.IsZero() || r.Known || len(w.lines) < 5 {
					t.Errorf("minute %d: %+v, the log says\n%s", minute, r, w.logged())
				}
				continue
			}
			wait := d.Policy.Delays[min(len(tried), 6)]
			if got := r.NextTry.Sub(lastTry.Time); (got - wait).Abs() > 10*time.Millisecond {
				t.Errorf("minute %d: the next try is %v behind the last one, want %v", minute, got, wait)
			}
			line := "WARNING 'a' waits for its next try: it was tried " + times(len(tried)) + " to bring it back, the last time in vain: it did not appear within 30s; the next try is in "
			switch first := minute == tried[len(tried)-1]+1; {
			case !strings.HasPrefix("WARNING 'a' waits for its next try: "+r.Reason, line) || !strings.HasSuffix(r.Reason, ", at "+r.NextTry.Local().Format(time.TimeOnly)):
				t.Errorf("minute %d: reason %q", minute, r.Reason)
			case first && strings.HasPrefix(w.logged(), line) && len(w.lines) == 1 && !r.Known:
				told = append(told, minute)
			case first || len(w.lines) > 0 || !r.Known:
				t.Errorf("minute %d: known %v, the log says\n%s", minute, r.Known, w.logged())
			}
		}
		// A try ends 32 s behind its minute, and two looks come before the next.
		if want := []int{0, 2, 5, 11, 27, 58, 119, 180, 241, 302}; !slices.Equal(tried, want) {
			t.Errorf("tried at %v, want %v", tried, want)
		}
		if want := []int{1, 3, 6, 12, 28, 59, 120, 181, 242, 303}; !slices.Equal(told, want) {
			t.Errorf("told at %v, want %v", told, want)
		}
		if m := w.known(t, "a"); m.Tally.Tries != 10 || m.Incident.Tries != 10 || m.Totals.Restarts != 10 || m.Totals.Incidents != 1 {
			t.Errorf("%+v", m)
		}
	})
}

// One that comes up each time, and dies before the next run, is slowed all the same.
func TestStormOfShortLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		d.Policy = policy()
		var tried []int
		for minute := range 120 {
			w.untilMinute(minute)
			w.dies("a")
			if r := w.again(t, d)["a"]; r.Result == report.BroughtBack {
				tried = append(tried, minute)
			}
		}
		// A try ends 4 s behind its minute.
		if want := []int{0, 2, 5, 11, 27, 58, 119}; !slices.Equal(tried, want) {
			t.Errorf("tried at %v, want %v", tried, want)
		}
		list := w.ledger(t)
		if len(list) != 7 {
			t.Fatalf("the ledger has %d incidents", len(list))
		}
		for _, i := range list {
			if i.Outcome != "brought_back" || i.Tries != 1 || len(i.Steps) != 2 {
				t.Errorf("%+v", i)
			}
		}
	})
}

// One that has been up for long enough begins anew; and not one that has not.
func TestForgiven(t *testing.T) {
	for _, tc := range []struct {
		up    int // minutes
		tries int
	}{{4, 3}, {5, 3}, {6, 0}, {60, 0}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			d := w.add("a", "s")
			d.Policy = policy()
			for _, minute := range []int{0, 2, 5} {
				w.untilMinute(minute)
				w.dies("a")
				w.again(t, d)
			}
			for minute := range tc.up {
				w.untilMinute(6 + minute)
				w.again(t, d)
			}
			if m := w.known(t, "a"); m.Tally.Tries != tc.tries {
				t.Errorf("up for %d minutes: %+v", tc.up, m.Tally)
			}
			w.dies("a")
			if r := w.again(t, d)["a"]; (r.Result == report.BroughtBack) != (tc.tries == 0) {
				t.Errorf("up for %d minutes: result %d because %q", tc.up, r.Result, r.Reason)
			}
		})
	}
}

// One that somebody else brings up again and again has not been up for long.
func TestNotForgivenWhileItKeepsDying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		d.Policy = policy()
		for minute := range 20 {
			w.untilMinute(minute)
			w.again(t, d)
			w.comesUp("a")
		}
		if m := w.known(t, "a"); m.Tally.Tries != 1 {
			t.Errorf("%+v", m.Tally)
		}
	})
}

// Nor has one that was up before a reboot.
func TestNotForgivenByAReboot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		d.Policy = policy()
		w.again(t, d)
		time.Sleep(10 * time.Minute)
		w.boot = "c"
		w.again(t, d)
		if m := w.known(t, "a"); m.Tally.Tries != 1 || m.UpSince.Boot != "c" {
			t.Errorf("%+v", m)
		}
	})
}

// Whatever becomes of the clock of the day, a wait is neither frozen nor skipped.
func TestWaitAndTheClock(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(w *world)
		longer time.Duration // than without it, at most
	}{
		{"nothing", func(*world) {}, 0},
		{"a year ahead", func(w *world) { w.clock = 365 * 24 * time.Hour }, 0},
		{"a year behind", func(w *world) { w.clock = -365 * 24 * time.Hour }, 0},
		{"a reboot", func(w *world) { w.boot = "c" }, 0},
		{"a reboot, and a clock that stands behind", func(w *world) { w.boot, w.clock = "c", -365*24*time.Hour }, 10 * time.Minute},
		{"no boot is told", func(w *world) { w.boot = "" }, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.remembers(t)
				d := w.add("a", "s")
				d.Policy = past.Policy{Delays: []time.Duration{0, time.Hour}, Acceptable: time.Hour}
				w.barren("s")
				w.again(t, d)
				ended := time.Since(w.began)
				for minute := 1; ; minute++ {
					w.untilMinute(minute)
					if minute == 10 {
						tc.change(w)
					}
					w.again(t, d)
					if len(w.steps) == 0 && minute < 120 {
						continue
					}
					wait := w.at(t, "stop s").from - ended
					if wait < time.Hour || wait > time.Hour+tc.longer+time.Minute {
						t.Errorf("waited %v", wait)
					}
					return
				}
			})
		})
	}
}

// A memory from the future, as a snapshot or a broken clock leaves it, costs no more
// than one wait.
func TestLastTryInTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := w.remembers(t)
		d := w.add("a", "s")
		d.Policy = policy()
		future := past.Stamp{Time: time.Now().Add(1000 * time.Hour).UTC(), Boot: "b", Up: 5000 * time.Hour}
		must(t, store.Update("", true, func(all map[string]past.Daemon) {
			all["a"] = past.Daemon{Tally: past.Tally{Tries: 3, Last: future}}
		}))
		var told []int
		for minute := range 10 {
			w.untilMinute(minute)
			w.again(t, d)
			if strings.Contains(w.logged(), "waits for its next try") {
				told = append(told, minute)
			}
			if len(w.steps) > 0 {
				if minute != 5 || !slices.Equal(told, []int{0}) {
					t.Errorf("tried in minute %d, told in %v", minute, told)
				}
				return
			}
		}
		t.Error("not tried")
	})
}

// A policy may have the first try wait, too.
func TestFirstTryWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		d.Policy = past.Policy{Delays: []time.Duration{150 * time.Second}, Acceptable: time.Minute}
		for minute := range 3 {
			w.untilMinute(minute)
			r := w.again(t, d)["a"]
			wantResult(t, r, report.StillDown, "the next try is in ")
			if told := strings.Contains(w.logged(), "waits for its next try"); len(w.steps) > 0 || told != (minute == 0) {
				t.Errorf("minute %d: did %s, the log says\n%s", minute, w.did(), w.logged())
			}
		}
		w.untilMinute(3)
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
	})
}

// Without a memory, or with one that cannot be written, a run acts as if nothing were
// known: each minute, if it must.
func TestNoMemoryNoWait(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, w *world){
		"none": func(_ *testing.T, w *world) { w.keeper.Store = nil },
		"gone": func(t *testing.T, w *world) { must(t, os.RemoveAll(w.keeper.Store.Path())) },
		"garbage each time": func(t *testing.T, w *world) {
			must(t, os.WriteFile(w.keeper.Store.Path()+"/memory.json", []byte("garbage"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.remembers(t)
				d := w.add("a", "s")
				d.Policy = policy()
				w.barren("s")
				for minute := range 5 {
					w.untilMinute(minute)
					if w.keeper.Store != nil {
						spoil(t, w)
					}
					wantResult(t, w.again(t, d)["a"], report.StillDown, "did not appear")
					wantInOrder(t, w.log, []string{"WARNING 'a' is not running", "INFO stopping service 's'", "ERROR 'a' is still not running"})
				}
			})
		})
	}
}

// A memory that can be read and not written does not have a wait begin anew each time.
func TestWaitThatCannotBeRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := w.remembers(t)
		d := w.add("a", "s")
		d.Policy = past.Policy{Delays: []time.Duration{time.Hour}, Acceptable: time.Minute}
		must(t, os.Mkdir(store.Path()+"/lock", 0o700))
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
	})
}

// Who only looks sees when the next try is, and so does who asks what would be done;
// nothing of it is remembered.
func TestNextTryIsSeenByWhoLooks(t *testing.T) {
	for _, dry := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			d := w.add("a", "s")
			d.Policy = policy()
			w.barren("s")
			w.again(t, d)
			tried := w.now()
			before := inJSON(t, w.known(t, "a"))
			look := w.another(t)
			look.DryRun, look.Watching = dry, !dry
			r := look.Run(t.Context(), []Daemon{d})[0]
			if got := r.NextTry.Sub(tried.Time); r.Status() != report.Failed || (got-time.Minute).Abs() > 10*time.Millisecond || len(r.Plan) > 0 {
				t.Errorf("%v behind: %+v", got, r)
			}
			if after := inJSON(t, w.known(t, "a")); after != before {
				t.Errorf("before %s\nafter %s", before, after)
			}
			w.untilMinute(2)
			if r := look.Run(t.Context(), []Daemon{d})[0]; !r.NextTry.IsZero() || dry == (len(r.Plan) == 0) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// A try that was not made does not count.
func TestTryThatIsNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		d.Policy = policy()
		dir, err := state.OpenDir(w.keeper.RunDir)
		must(t, err)
		locks, err := dir.Lock([]string{"s"}, time.Now())
		must(t, err)
		r := w.again(t, d)["a"]
		if m := w.known(t, "a"); !r.Busy || m.Tally.Tries != 0 || m.Totals.Restarts != 0 {
			t.Errorf("%+v, %+v", r, m)
		}
		locks.Release()
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
	})
}

// A run that is killed while it tries has tried.
func TestTryIsCountedBeforeItIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		d.Policy = policy()
		during := make(chan past.Daemon, 1)
		w.services["s"].stopTakes = time.Second
		time.AfterFunc(2500*time.Millisecond, func() { during <- w.known(t, "a") })
		w.again(t, d)
		m := <-during
		if m.Tally.Tries != 1 || m.Incident == nil || m.Incident.Tries != 1 || m.Totals.Restarts != 1 {
			t.Errorf("%+v", m)
		}
	})
}

// Each daemon waits for itself.
func TestEachWaitsForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		a, b := w.add("a", "s"), w.isUp("b", "sb")
		a.Policy, b.Policy = policy(), policy()
		w.barren("s")
		w.again(t, a, b)
		w.dies("b")
		w.untilMinute(1)
		r := w.again(t, a, b)
		wantResult(t, r["a"], report.StillDown, "it was tried once")
		wantResult(t, r["b"], report.BroughtBack, "")
		if got := fmt.Sprint(w.known(t, "a").Tally.Tries, w.known(t, "b").Tally.Tries); got != "1 1" {
			t.Errorf("tries %s", got)
		}
	})
}
