package keeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// died leaves the journal of a run that was killed. Marks are "stop s" for a step that
// was begun and "stop s." for one that has ended.
func (w *world) died(t *testing.T, d Daemon, marks ...string) {
	t.Helper()
	w.leaves(t, state.Intent{
		Daemon: d.Name, PID: 75509, Began: w.now(), Manager: "fake", Services: d.Services,
		StopTimeout: time.Minute, StartTimeout: time.Minute,
	}, marks...)
}

func (w *world) leaves(t *testing.T, i state.Intent, marks ...string) {
	t.Helper()
	j, err := w.keeper.Store.Begin(i)
	must(t, err)
	for _, m := range marks {
		verb, service, _ := strings.Cut(m, " ")
		mark := j.Begin
		if strings.HasSuffix(service, ".") {
			mark = j.End
		}
		must(t, mark(words.Verb(verb), strings.TrimSuffix(service, ".")))
	}
}

// command is a step that goes on for some time, though both its run and the child that
// has started it were killed.
func (w *world) command(verb words.Verb, service string, lives time.Duration) {
	w.keeper.Commands = func(_ context.Context, is func([]string) bool) (list []proctable.Command, err error) {
		for pid, args := range map[int][]string{77: append([]string{"/bin/sh"}, w.Argv(verb, service)...), 78: {"sleep", service, string(verb)}} {
			if is(args) && time.Since(w.began) < lives {
				list = append(list, proctable.Command{PID: pid, Args: args, Age: time.Since(w.began)})
			}
		}
		return list, nil
	}
}

// left are the journals that are there.
func (w *world) left(t *testing.T) []state.Intent {
	t.Helper()
	list, errs := w.keeper.Store.Unfinished()
	must(t, errors.Join(errs...))
	return list
}

// The next run starts what one that has died has left stopped, in order and nothing
// else, sees whether the daemon is up, and says so.
func TestFinish(t *testing.T) {
	for _, tc := range []struct {
		name  string
		marks []string
		left  string // to be started
	}{
		{"killed in the first stop", []string{"stop s"}, "s"},
		{"killed behind the first stop", []string{"stop s."}, "s"},
		{"killed in the first start", []string{"stop s.", "start s"}, "s"},
		{"killed in the second stop", []string{"stop s.", "start s.", "stop t"}, "t"},
		{"killed after a start that did not begin", []string{"stop s.", "stop t."}, "s,t"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.remembers(t)
				d := w.add("a", "s", "t", "u")
				w.brings("t", "a")
				w.died(t, d, tc.marks...)
				began := w.now()
				time.Sleep(time.Minute)
				r := w.again(t, d)["a"]
				wantResult(t, r, report.BroughtBack, "")
				if got := w.did(); got != "start "+strings.ReplaceAll(tc.left, ",", ",start ") {
					t.Errorf("did %s", got)
				}
				wantInOrder(t, w.log, []string{
					fmt.Sprintf("INFO finishing what the run of %s, pid 75509, left: starting %s for 'a'", clock(began), strings.ReplaceAll(tc.left, ",", ", ")),
					"INFO starting service '", "INFO started service '",
				})
				if strings.Contains(w.logged(), "WARNING") || len(r.Steps) != 1+strings.Count(tc.left, ",") || r.Took < 2*time.Second {
					t.Errorf("%+v, the log says\n%s", r, w.logged())
				}
				if list := w.left(t); len(list) > 0 {
					t.Errorf("still left: %+v", list)
				}
				if r := w.again(t, d)["a"]; r.Result != report.Up || len(w.steps) > 0 || len(r.Notices) > 0 {
					t.Errorf("the next run did %s: %+v", w.did(), r)
				}
			})
		})
	}
}

// copyState copies what is on the disk while a run is at work, which may replace a file at the
// moment at which it is read.
func copyState(t *testing.T, to, from string) {
	for range 100 {
		must(t, os.RemoveAll(to))
		err := os.CopyFS(to, os.DirFS(from))
		if err == nil {
			must(t, os.Chmod(to, 0o700))
			return
		}
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	t.Fatalf("%s is never at rest", from)
}

// Whenever a run is killed, the next one leaves no service stopped, does not restart
// once more what was about to come back, and ends the incident. What a killed run
// leaves is what is on the disk at that moment.
func TestKilledAtAnyMoment(t *testing.T) {
	for at := 10 * time.Millisecond; at < 5500*time.Millisecond; at += 110 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			d := w.isUp("a", "s", "t")
			d.Policy = policy()
			w.brings("t", "a")
			for _, s := range w.services {
				s.stopTakes, s.startIs = 500*time.Millisecond, 500*time.Millisecond
			}
			w.again(t, d)
			w.dies("a")
			w2 := newWorld(t)
			w2.remembers(t)
			w2.add("a", "s", "t")
			w2.brings("t", "a")
			w2.services = map[string]*service{"s": w2.services["s"], "t": w2.services["t"]}
			var stopped []string
			time.AfterFunc(at, func() {
				w.mu.Lock()
				defer w.mu.Unlock()
				copyState(t, w2.keeper.Store.Path(), w.keeper.Store.Path())
				toy := *w.toy("a")
				*w2.toy("a") = toy
				for _, service := range d.Services {
					begun := func(verb words.Verb) *step {
						i := slices.IndexFunc(w.steps, func(s *step) bool { return s.verb == verb && s.service == service })
						if i < 0 {
							return nil
						}
						return w.steps[i]
					}
					brought := service == "s" && (toy.up || !toy.upAt.IsZero()) // the daemon itself: nothing is left to be done
					if stop, start := begun(words.Stop), begun(words.Start); stop != nil && (start == nil || start.to == 0) && !brought {
						stopped = append(stopped, "start "+service)
					}
				}
			})
			w.again(t, d)
			time.Sleep(at - time.Since(w.began) + time.Minute)
			w2.began = w.began
			r := w2.again(t, d)["a"]
			if len(stopped) > 0 {
				wantResult(t, r, report.BroughtBack, "")
				if got := w2.did(); got != strings.Join(stopped, ",") {
					t.Errorf("killed at %v: did %s, want %s", at, got, stopped)
				}
			}
			for range 3 { // it may have to wait for the next try
				if r.Result == report.Up || r.Result == report.BroughtBack {
					break
				}
				time.Sleep(time.Minute)
				r = w2.again(t, d)["a"]
			}
			if r.Result != report.Up && r.Result != report.BroughtBack {
				t.Errorf("killed at %v: %+v", at, r)
			}
			list := w2.ledger(t)
			if len(stopped) > 0 && (len(list) != 1 || list[0].Outcome != "brought_back" || list[0].Tries != 1) {
				t.Errorf("killed at %v: the ledger has %+v", at, list)
			}
			if m := w2.known(t, "a"); len(w2.left(t)) > 0 || m.Incident != nil || len(list) > 1 || m.Totals.Incidents != len(list) {
				t.Errorf("killed at %v: %+v, the ledger has %+v", at, m, list)
			}
		})
	}
}

// A daemon that is up, of which nothing is left stopped, is left alone. What a run that
// has died has brought back is told by the next.
func TestFinishNothing(t *testing.T) {
	for _, marks := range [][]string{nil, {"stop s.", "start s."}} {
		want := report.Up
		if marks != nil {
			want = report.BroughtBack
		}
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			d := w.isUp("a", "s")
			w.died(t, d, marks...)
			wantResult(t, w.again(t, d)["a"], want, "")
			if len(w.steps) > 0 || len(w.left(t)) > 0 || strings.Contains(w.logged(), "finishing") {
				t.Errorf("did %s, left %+v, the log says\n%s", w.did(), w.left(t), w.logged())
			}
		})
	}
}

// One that does not come back by it is down like any other, and waits for its next
// try.
func TestFinishThatDoesNotHelp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		d.Policy = policy()
		w.barren("s")
		w.services["s"].err = errors.New("cannot start service s")
		w.died(t, d, "stop s.")
		must(t, w.keeper.Store.Update("", true, func(all map[string]past.Daemon) {
			all["a"] = past.Daemon{Tally: past.Tally{Tries: 1, Last: w.now()}}
		}))
		w.services["s"].err = nil
		wantResult(t, w.again(t, d)["a"], report.StillDown, "it was tried once")
		if got := w.did(); got != "start s" || len(w.left(t)) > 0 {
			t.Errorf("did %s, left %+v", got, w.left(t))
		}
		time.Sleep(time.Minute)
		w.brings("s", "a")
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
		if got := w.did(); got != "stop s,start s" {
			t.Errorf("did %s", got)
		}
	})
}

// What is still under way is left to those who are at work.
func TestFinishGivesWay(t *testing.T) {
	for _, known := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			d, other := w.add("a", "s"), w.isUp("b", "sb")
			w.died(t, d, "stop s.")
			dir, err := state.OpenDir(w.keeper.RunDir)
			must(t, err)
			locks, err := dir.Lock([]string{"s"}, time.Now())
			must(t, err)
			defer locks.Release()
			daemons := []Daemon{other}
			if known {
				daemons = append(daemons, d)
			}
			if r, ok := w.again(t, daemons...)["a"]; ok && (!r.Busy || r.Result != report.Held) {
				t.Errorf("%+v", r)
			}
			if len(w.steps) > 0 || len(w.left(t)) != 1 || strings.Contains(w.logged(), "finishing") {
				t.Errorf("did %s, left %+v, the log says\n%s", w.did(), w.left(t), w.logged())
			}
		})
	}
}

// What another run has finished in the meantime is not done again.
func TestFinishedInTheMeantime(t *testing.T) {
	for _, known := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			d, b := w.isUp("a", "s"), w.isUp("b", "sb")
			w.died(t, d, "stop s.")
			real := w.keeper.Look
			w.keeper.Look = func(ctx context.Context, specs []check.Spec, opts check.Options) []check.Verdict {
				for _, i := range w.left(t) {
					must(t, w.keeper.Store.Forget(i))
				}
				return real(ctx, specs, opts)
			}
			daemons := []Daemon{b}
			if known {
				daemons = append(daemons, d)
			}
			w.again(t, daemons...)
			if len(w.steps) > 0 || strings.Contains(w.logged(), "WARNING") {
				t.Errorf("did %s, the log says\n%s", w.did(), w.logged())
			}
		})
	}
}

// Of a daemon of which this run knows nothing, all the same nothing is left stopped.
func TestFinishOfAStranger(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(w *world, d *Daemon) []Daemon // those of the run
	}{
		{"not in the configuration", func(*world, *Daemon) []Daemon { return nil }},
		{"only looked at", func(_ *world, d *Daemon) []Daemon {
			d.LookOnly = true
			return []Daemon{*d}
		}},
		{"a rule by now", func(_ *world, d *Daemon) []Daemon {
			d.Spec.Rule, d.Services = true, nil
			return []Daemon{*d}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.remembers(t)
				d, b := w.isUp("a", "s", "t", "u"), w.isUp("b", "sb")
				w.died(t, d, "stop s.", "start s.", "stop t.", "start t", "stop u")
				began := w.now()
				w.services["t"].err = errors.New("cannot start service t: exit status 1")
				r := w.again(t, append(tc.change(w, &d), b)...)
				wantResult(t, r["b"], report.Up, "")
				left := w.left(t) // what could not be started, the next run tries again
				if got := w.did(); got != "start t,start u" || len(left) != 1 || !slices.Equal(left[0].Stopped(), []string{"t"}) {
					t.Errorf("did %s, left %+v", got, left)
				}
				said := fmt.Sprintf("INFO finishing what the run of %s, pid 75509, left of 'a': starting service ", clock(began))
				wantInOrder(t, w.log, []string{said + "'t'", "ERROR cannot start service t", said + "'u'"})
				w.services["t"].err = nil
				w.again(t, append(tc.change(w, &d), b)...)
				if got := w.did(); got != "start t" || len(w.left(t)) > 0 {
					t.Errorf("did %s, left %+v", got, w.left(t))
				}
			})
		})
	}
}

// A service that is there no more is not started for ever.
func TestFinishOfAServiceThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		w.died(t, d, "stop s.")
		w.services["s"].err = &rcd.NotFoundError{Service: "s", Manager: "fake", List: "ls"}
		w.again(t, w.isUp("b", "sb"))
		if len(w.left(t)) > 0 {
			t.Errorf("left %+v", w.left(t))
		}
	})
}

// A start of a stranger's service has its own time, or as long as any if its journal does
// not say.
func TestFinishOfAStrangerThatTakesLong(t *testing.T) {
	for limit, want := range map[time.Duration]bool{0: true, time.Second: false, time.Minute: true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			w.add("a", "s")
			w.services["s"].startIs = 30 * time.Second
			w.leaves(t, state.Intent{Daemon: "a", PID: 7, Began: w.now(), Manager: "fake", Services: []string{"s"}, StartTimeout: limit}, "stop s.")
			w.again(t, w.isUp("b", "sb"))
			s := w.at(t, "start s")
			if ended := s.to-s.from == 30*time.Second; ended != want {
				t.Errorf("limit %v: it took %v", limit, s.to-s.from)
			}
		})
	}
}

// Two journals of one daemon, which two runs have known with different services.
func TestFinishTwoOfOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s", "t")
		w.died(t, d, "stop s.")
		d.Services = []string{"t"}
		w.died(t, d, "stop t.")
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
		if steps := strings.Split(w.did(), ","); !slices.Contains(steps, "start s") || !slices.Contains(steps, "start t") || len(steps) != 2 || len(w.left(t)) > 0 {
			t.Errorf("did %s, left %+v", w.did(), w.left(t))
		}
	})
}

// What cannot or must not be finished now stays for a later run.
func TestNotFinished(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(w *world)
		line   string
	}{
		{"another manager", func(w *world) { w.keeper.Manager = otherManager{w} }, "WARNING cannot finish what the run of "},
		{"no right", func(w *world) { w.keeper.NeedsRoot = true }, ""},
		{"a dry run", func(w *world) { w.keeper.DryRun = true }, ""},
		{"a look", func(w *world) { w.keeper.Watching = true }, ""},
		{"booting", func(w *world) { w.phase = rcd.Booting }, ""},
		{"shutting down", func(w *world) { w.phase = rcd.ShuttingDown }, ""},
	} {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, known %v", tc.name, known), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					w.remembers(t)
					d, b := w.isUp("a", "s"), w.isUp("b", "sb")
					w.died(t, d, "stop s.")
					tc.change(w)
					daemons := []Daemon{b}
					if known {
						daemons = append(daemons, d)
					}
					w.again(t, daemons...)
					if len(w.steps) > 0 || len(w.left(t)) != 1 || strings.Contains(w.logged(), "INFO finishing") {
						t.Errorf("did %s, left %+v, the log says\n%s", w.did(), w.left(t), w.logged())
					}
					if !strings.Contains(w.logged(), tc.line) {
						t.Errorf("the log says\n%s", w.logged())
					}
				})
			})
		}
	}
}

type otherManager struct{ *world }

func (otherManager) Name() string { return "other" }

// The boot grace is each daemon's own; a run that is interrupted takes over nothing.
func TestNotFinishedYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		d.BootGrace = 2 * time.Hour
		w.died(t, d, "stop s.")
		wantResult(t, w.again(t, d)["a"], report.Held, "boot grace")
		d.BootGrace = 0
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		w.run(t, ctx, d)
		if len(w.steps) > 0 || len(w.left(t)) != 1 {
			t.Errorf("did %s, left %+v", w.did(), w.left(t))
		}
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
	})
}

// A journal is no way to have anything run but services.
func TestJournalThatNamesNoServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		for _, name := range []string{".hidden", "a=b", "$(reboot)"} {
			if words.CheckService(name) == nil {
				continue
			}
			w.leaves(t, state.Intent{Daemon: "a", PID: 7, Began: w.now(), Manager: "fake", Services: []string{"s", name}}, "stop s.")
		}
		n := len(w.left(t))
		w.again(t, d)
		if n == 0 || len(w.steps) > 0 || !strings.Contains(w.logged(), "it names no services") {
			t.Errorf("%d left, did %s, the log says\n%s", n, w.did(), w.logged())
		}
	})
}

// Without locks it is finished all the same.
func TestFinishWithoutLocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		w.keeper.RunDir = "/dev/null/x"
		d := w.add("a", "s")
		w.died(t, d, "stop s.")
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
		wantInOrder(t, w.log, []string{"WARNING no locks, so another run may start the same services: cannot use folder", "INFO finishing"})
	})
}

// What a dead run has stopped is not taken for a wish, neither by the run that
// finishes it nor by later ones.
func TestStopsOfADeadRunAreOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.barren("s")
		d.Policy.Delays = d.Policy.Delays[1:] // the finishing run only finishes
		w.died(t, d, "stop s.", "start s.", "stop t.")
		began := w.now()
		time.Sleep(time.Minute)
		w.again(t, d)
		for n := range 2 {
			for _, p := range w.pasts {
				if !p.From.Equal(began.Time) || p.To.Before(began.Time.Add(time.Minute)) {
					t.Errorf("%+v, want from %v", p, began.Time)
				}
			}
			if want := 4 - 2*n; len(w.pasts) != want { // by who finishes it, and by who may restart
				t.Errorf("asked %d times", len(w.pasts))
			}
			w.pasts = nil
			w.again(t, d)
		}
	})
}

// The journal is there before the first stop, and as long as something is stopped.
func TestJournalOfARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s", "t")
		d.StopTimeout, d.StartTimeout = 7*time.Second, 8*time.Second
		w.brings("t", "a")
		seen := make(map[time.Duration]string)
		var mu sync.Mutex
		// The looks and the recheck take 2.04 s.
		for at, want := range map[time.Duration]string{2000: "none", 2090: "s", 2190: "s", 2290: "t", 2390: "t", 2490: ""} {
			time.AfterFunc(at*time.Millisecond, func() {
				list := w.left(t)
				mu.Lock()
				defer mu.Unlock()
				if len(list) == 0 {
					seen[at] = "none"
					return
				}
				i := list[0]
				seen[at] = strings.Join(i.Stopped(), ",")
				if i.Daemon != "a" || i.PID != 4711 || i.Manager != "fake" || i.StopTimeout != 7*time.Second || i.StartTimeout != 8*time.Second || !slices.Equal(i.Services, d.Services) || !about(i.Began.Time.Sub(w.began), d.Recheck) {
					t.Errorf("%+v", i)
				}
			})
			defer func() {
				if seen[at] != want && (want != "" || seen[at] != "none") {
					t.Errorf("after %d ms left was %q, want %q", at, seen[at], want)
				}
			}()
		}
		w.again(t, d)
		if list := w.left(t); len(list) > 0 {
			t.Errorf("still left: %+v", list)
		}
	})
}

// Only what is really restarted stands in the journal.
func TestJournalOfServicesThatAreLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.wishes["t"] = wish("t", rcd.WishStopped)
		during := make(chan []string, 1)
		w.services["s"].stopTakes = time.Second
		time.AfterFunc(2500*time.Millisecond, func() { during <- w.left(t)[0].Services })
		w.again(t, d)
		if services := <-during; !slices.Equal(services, []string{"s"}) {
			t.Errorf("services %q", services)
		}
	})
}

// A run that is killed while it finishes leaves what it has not done.
func TestKilledWhileItFinishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s", "t")
		w.brings("t", "a")
		w.died(t, d, "stop s.", "stop t.")
		w.services["s"].startIs, w.services["t"].startIs = time.Second, time.Second
		var left []string
		var mu sync.Mutex
		for _, at := range []time.Duration{500, 1500} {
			time.AfterFunc(at*time.Millisecond, func() {
				mu.Lock()
				defer mu.Unlock()
				for _, i := range w.left(t) {
					left = append(left, fmt.Sprint(i.PID, i.Stopped()))
				}
			})
		}
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
		if want := []string{"75509 [s t]", "75509 [t]"}; !slices.Equal(left, want) || len(w.left(t)) > 0 {
			t.Errorf("left %q, want %q", left, want)
		}
	})
}

// A store that is lost while something is finished keeps nothing stopped.
func TestStoreThatIsLostWhileItFinishes(t *testing.T) {
	for _, known := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			d, b := w.add("a", "s", "t"), w.isUp("b", "sb")
			w.brings("t", "a")
			w.died(t, d, "stop s.", "stop t.")
			time.AfterFunc(50*time.Millisecond, func() { os.RemoveAll(w.keeper.Store.Path()) })
			daemons := []Daemon{b}
			if known {
				daemons = append(daemons, d)
			}
			w.again(t, daemons...)
			if got := w.did(); got != "start s,start t" || !w.toy("a").up && known {
				t.Errorf("did %s, the log says\n%s", got, w.logged())
			}
			if !strings.Contains(w.logged(), "WARNING cannot ") {
				t.Errorf("the log says\n%s", w.logged())
			}
		})
	}
}

// Another daemon is not delayed by one that is finished.
func TestFinishDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		a, b := w.add("a", "s"), w.add("b", "sb")
		w.died(t, a, "stop s.")
		w.services["s"].hangs = true
		w.leaves(t, state.Intent{Daemon: "x", PID: 7, Began: w.now(), Manager: "fake", Services: []string{"sx"}, StartTimeout: time.Minute}, "stop sx.")
		w.services["sx"] = &service{hangs: true}
		wantResult(t, w.again(t, a, b)["b"], report.BroughtBack, "")
		if s := w.at(t, "start sb"); s.to > 3*time.Second {
			t.Errorf("%v ended at %v", s, s.to)
		}
	})
}

// What a run has begun may go on without it. A stop must not have its way after our
// start, and a start under way is not made twice; one that was killed with its run is
// made again.
func TestCommandsThatOutliveTheirRun(t *testing.T) {
	for _, tc := range []struct {
		name  string
		marks []string
		last  string // the step with a process
		lives time.Duration
		did   string
		from  time.Duration // not before
	}{
		{"a stop", nil, "stop", 5 * time.Second, "start s", 5 * time.Second},
		{"a stop that hangs", nil, "stop", time.Hour, "start s", time.Minute},
		{"a stop that was killed, too", nil, "stop", 0, "start s", 0},
		{"a start", []string{"stop s."}, "start", 5 * time.Second, "", 0},
		{"a start that was killed, too", []string{"stop s."}, "start", 0, "start s", 0},
	} {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, known %v", tc.name, known), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					w.remembers(t)
					d, daemons := w.add("a", "s"), []Daemon{w.isUp("b", "sb")}
					if known {
						daemons = append(daemons, d)
					}
					j, err := w.keeper.Store.Begin(state.Intent{
						Daemon: "a", PID: 75509, Began: w.now(), Manager: "fake", Services: d.Services, StopTimeout: time.Minute, StartTimeout: time.Minute,
					})
					must(t, err)
					for _, m := range tc.marks {
						verb, service, _ := strings.Cut(strings.TrimSuffix(m, "."), " ")
						must(t, j.End(words.Verb(verb), service))
					}
					must(t, j.Begin(words.Verb(tc.last), "s"))
					w.command(words.Verb(tc.last), "s", tc.lives)
					if tc.did == "" {
						w.toy("a").upAt = w.began.Add(tc.lives)
					}
					w.again(t, daemons...)
					if got := w.did(); got != tc.did || !w.toy("a").up && known || len(w.left(t)) > 0 {
						t.Errorf("did %s, left %+v, the log says\n%s", got, w.left(t), w.logged())
					}
					if tc.did != "" && w.at(t, "start s").from < tc.from {
						t.Errorf("started at %v", w.at(t, "start s").from)
					}
					if said := strings.Contains(w.logged(), "INFO waiting for the "+tc.last+" of service 's', which the run of "); said != (tc.lives > 0) {
						t.Errorf("the log says\n%s", w.logged())
					}
				})
			})
		}
	}
}

// A start that outlives its run and brings nothing back does not make its stop the
// admin's.
func TestStopsOfADeadRunWhoseStartWentOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		j, err := w.keeper.Store.Begin(state.Intent{Daemon: "a", PID: 7, Began: w.now(), Manager: "fake", Services: d.Services, StopTimeout: time.Minute, StartTimeout: time.Minute})
		must(t, err)
		began := w.now()
		must(t, j.End("stop", "s"))
		must(t, j.Begin("start", "s"))
		w.command("start", "s", 5*time.Second)
		w.again(t, d)
		if len(w.pasts) == 0 || !w.pasts[0].From.Equal(began.Time) {
			t.Errorf("%+v, want from %v", w.pasts, began.Time)
		}
	})
}
