package keeper

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/rcd"
)

func working(what string, since, limit time.Duration) *rcd.Work {
	return &rcd.Work{By: "systemd", What: what, Margin: 5 * time.Second, Aged: true, For: since, Limit: limit}
}

// autoRestart is what systemd does after a death, with RestartSec=25 and the time-outs as
// shipped.
func autoRestart(since time.Duration) *rcd.Work {
	return &rcd.Work{By: "systemd", What: "auto-restart", Margin: 5 * time.Second, Waits: true, Again: true, Aged: true, For: since, RoundFor: since, Limit: 25 * time.Second, Round: 205 * time.Second}
}

// Each kind of work under way: what is said of it, that it is said once, that nothing
// overrides it, that a dry run plans nothing, and that it ends.
func TestAtWorkHolds(t *testing.T) {
	texts := golden.Open(t, "at_work.txtar")
	for _, tc := range []struct {
		name    string
		service string
		work    *rcd.Work
	}{
		{"auto-restart", "s", autoRestart(4 * time.Second)},
		{"auto-restart that is due", "s", autoRestart(26 * time.Second)},
		{"a start", "s", working("start-pre", 2*time.Second, 90*time.Second)},
		{"a stop", "s", working("stop-sigterm", 12*time.Second, 5*time.Minute)},
		{"a start without a limit", "s", working("start", 20*time.Minute, 0)},
		{"of a later service", "t", working("reload", time.Second, 90*time.Second)},
		{"a queued job", "s", &rcd.Work{By: "systemd", What: "start job 7 is queued behind others", Queued: true}},
		{"OpenRC", "s", &rcd.Work{By: "OpenRC", What: "start"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, d := holding(t)
				d.Respect, w.keeper.IgnoreIntent = nil, true
				w.work = map[string]*rcd.Work{tc.service: tc.work}
				told, why := 0, ""
				w.keeper.Tell = telling(&told)
				for minute := range 3 {
					w.untilMinute(minute)
					r := w.again(t, d)["a"]
					if minute == 0 {
						why = r.Reason
						texts.Check(t, tc.name, why)
					}
					wantResult(t, r, report.Held, why)
					if r.Status() != report.OK || r.Hold != "at_work" || r.Busy || r.Known != (minute > 0) {
						t.Errorf("%+v", r)
					}
					if want := "WARNING 'a' is not running\nINFO 'a' is left alone: " + why; minute == 0 && w.logged() != want || minute > 0 && w.logged() != "" {
						t.Errorf("minute %d: the log says\n%s", minute, w.logged())
					}
					w.untouched(t)
				}
				dry := w.another(t)
				dry.DryRun = true
				r := dry.Run(t.Context(), []Daemon{d})[0]
				wantResult(t, r, report.Held, why)
				if len(r.Plan) > 0 || told > 0 {
					t.Errorf("%+v, told %d times", r, told)
				}
				w.work = nil
				w.untilMinute(3)
				wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
			})
		})
	}
}

// Who only looks sees the work as it is now; without a manager, as the last run saw it.
func TestAtWorkIsSeenByWhoLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.work = map[string]*rcd.Work{"s": autoRestart(time.Second)}
		w.again(t, d)
		look := w.another(t)
		look.Watching, look.Manager, look.Observer = true, nil, w
		w.work["s"] = autoRestart(3 * time.Second)
		r := look.Run(t.Context(), []Daemon{d})[0]
		wantResult(t, r, report.Held, "systemd is at work on service s (auto-restart in 22 s)")
		if r.Hold != "at_work" || r.Status() != report.OK {
			t.Errorf("%+v", r)
		}
		w.work = nil
		wantResult(t, look.Run(t.Context(), []Daemon{d})[0], report.StillDown, "not running")
		look.Observer = nil
		wantResult(t, look.Run(t.Context(), []Daemon{d})[0], report.Held, "systemd is at work on service s (auto-restart in 24 s)")
	})
}

// Nobody asks what is under way where all is well.
func TestAtWorkIsNotAskedWithoutNeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := holding(t)
		w.keeper.Commands = func(context.Context, func([]string) bool) ([]proctable.Command, error) {
			w.faults = append(w.faults, "looked for commands")
			return nil, nil
		}
		w.scripts = true
		w.run(t, t.Context(), w.isUp("b", "b"))
		if w.asked > 0 {
			t.Errorf("asked %d times", w.asked)
		}
	})
}

// Work that has taken longer than it may is not a reason to leave a daemon down, and that is
// said once, however often a run finds it so.
func TestAtWorkForTooLong(t *testing.T) {
	texts := golden.Open(t, "at_work_too_long.txtar")
	for _, tc := range []struct {
		name   string
		work   *rcd.Work
		change func(*Daemon)
	}{
		{"its own limit", working("start-pre", 96*time.Second, 90*time.Second), nil},
		{"no limit", working("start", time.Hour+time.Second, 0), nil},
		{"a short work limit", working("start", 3*time.Second, 0), func(d *Daemon) { d.WorkLimit = 2 * time.Second }},
		{"an auto-restart that does not come", autoRestart(31 * time.Second), nil},
		{"a short auto-restart that does not come", &rcd.Work{By: "systemd", What: "auto-restart", Margin: 5 * time.Second, Waits: true, Again: true, Aged: true, For: 6 * time.Second, RoundFor: 6 * time.Second, Limit: 100 * time.Millisecond, Round: 180 * time.Second}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, d := holding(t)
				w.barren("s")
				if tc.change != nil {
					tc.change(&d)
				}
				w.work = map[string]*rcd.Work{"s": tc.work}
				r := w.again(t, d)["a"]
				wantResult(t, r, report.StillDown, "it did not appear")
				said := strings.Join(r.Notices, "; ")
				texts.Check(t, tc.name, said)
				if !strings.HasPrefix(w.did(), "stop s,start s") || strings.Count(w.logged(), "WARNING "+said+": 'a' is no longer left to it") != 1 {
					t.Errorf("did %s, notices %q, the log says\n%s", w.did(), r.Notices, w.logged())
				}
				w.untilMinute(2)
				if wantResult(t, w.again(t, d)["a"], report.StillDown, "it did not appear"); strings.Contains(w.logged(), "at work") {
					t.Errorf("the log says again\n%s", w.logged())
				}
			})
		})
	}
}

// A queued job has no age: it is as old as we have seen it.
func TestAtWorkQueuedForTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		d.WorkLimit = 5 * time.Minute
		w.work = map[string]*rcd.Work{"s": {By: "systemd", What: "start job 7", Queued: true}}
		for minute := range 6 {
			w.untilMinute(minute)
			want := report.Held
			if minute == 5 {
				want = report.BroughtBack
			}
			wantResult(t, w.again(t, d)["a"], want, "")
		}
	})
}

// A daemon that dies again and again is systemd's for one round, and then ours: the runs
// tell of it, and try less and less often.
func TestAtWorkAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.barren("s")
		told := 0
		w.keeper.Tell = telling(&told)
		var results []string
		for minute := range 8 {
			w.untilMinute(minute)
			w.work = map[string]*rcd.Work{"s": autoRestart(time.Duration(minute) * time.Second)} // it has died some seconds ago, each time
			r := w.again(t, d)["a"]
			results = append(results, fmt.Sprint(r.Result == report.Held, len(w.steps) > 0))
			if minute == 4 && !strings.Contains(w.logged(), "WARNING systemd has been at work on service s (auto-restart) again and again, and the daemon has died once more: 'a' is no longer left to it") {
				t.Errorf("the log says\n%s", w.logged())
			}
		}
		if got, want := strings.Join(results, ", "), "true false, true false, true false, true false, false true, false false, false true, false false"; got != want {
			t.Errorf("held, acted:\n%s, want\n%s", got, want)
		}
		if told == 0 {
			t.Error("nobody was told")
		}
	})
}

// A recovery after a death may take as long as its unit allows, although a death has begun
// it.
func TestAtWorkOneLongRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		for minute := range 30 {
			w.untilMinute(minute)
			since := 10*time.Second + time.Duration(minute)*time.Minute
			w.work = map[string]*rcd.Work{"s": {By: "systemd", What: "start", Again: true, Aged: true, For: since, RoundFor: since + 5*time.Second, Round: 205 * time.Second}}
			wantResult(t, w.again(t, d)["a"], report.Held, "systemd is at work on service s (start for ")
		}
	})
}

// What this run itself does with a service is nobody else's work: the second daemon waits
// for its turn, and is up then.
func TestAtWorkIsNotOurselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		a, b := w.add("a", "s", "sa"), w.add("b", "s", "sb")
		w.brings("s", "b")
		w.services["s"].startIs, w.services["s"].after = 20*time.Second, 10*time.Second
		b.Recheck = 5 * time.Second
		reports := w.run(t, t.Context(), a, b)
		wantResult(t, reports["a"], report.BroughtBack, "")
		wantResult(t, reports["b"], report.Up, "")
	})
}

// What another run does is told by its lock.
func TestAtWorkOfAnotherRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		dir, err := state.OpenDir(w.keeper.RunDir)
		must(t, err)
		locks, err := dir.Lock([]string{"s"}, time.Now())
		must(t, err)
		defer locks.Release()
		w.work = map[string]*rcd.Work{"s": working("start", time.Second, time.Minute)}
		r := w.again(t, d)["a"]
		wantResult(t, r, report.Held, "another run is at work on service s")
		if !r.Busy || r.Hold != "" {
			t.Errorf("%+v", r)
		}
	})
}

// What somebody begins while a daemon waits for its turn is heeded, with a memory and
// without.
func TestAtWorkMeanwhile(t *testing.T) {
	for _, remembers := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			if remembers {
				w.remembers(t)
			}
			w.keeper.AtOnce = 1
			a, b := w.add("a", "sa"), w.add("b", "sb")
			b.Recheck = 3 * time.Second
			w.services["sa"].stopTakes = 10 * time.Second
			go func() {
				time.Sleep(8 * time.Second)
				w.mu.Lock()
				defer w.mu.Unlock()
				w.work = map[string]*rcd.Work{"sb": working("start-pre", time.Second, time.Minute)}
			}()
			reports := w.run(t, t.Context(), a, b)
			wantResult(t, reports["a"], report.BroughtBack, "")
			wantResult(t, reports["b"], report.Held, "systemd is at work on service sb (start-pre for 1 s, at most 1m)")
		})
	}
}

// A script that stops or starts the service is work, for as long as our own may take.
func TestAtWorkByCommand(t *testing.T) {
	for _, tc := range []struct {
		name    string
		command proctable.Command
		result  report.Result
		why     string
	}{
		{"a restart", proctable.Command{PID: 77, Args: []string{"svc", "t", "restart"}, Age: 3 * time.Second}, report.Held, "process 77 is at work on service t (restart for 3 s, at most 2m)"},
		{"a start for too long", proctable.Command{PID: 77, Args: []string{"svc", "s", "start"}, Age: 2 * time.Minute}, report.BroughtBack, ""},
		{"of another service", proctable.Command{PID: 77, Args: []string{"svc", "other", "start"}, Age: time.Second}, report.BroughtBack, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, d := holding(t)
				w.scripts = true
				w.keeper.Commands = func(_ context.Context, is func([]string) bool) ([]proctable.Command, error) {
					if !is(tc.command.Args) {
						return nil, nil
					}
					return []proctable.Command{tc.command}, errors.New("cannot read the arguments of process 78")
				}
				wantResult(t, w.again(t, d)["a"], tc.result, tc.why)
				if tc.name == "a start for too long" && !strings.Contains(w.logged(), "WARNING process 77 has been at work on service s (start for 2m) for longer than its own limit of 1m: 'a' is no longer left to it") {
					t.Errorf("the log says\n%s", w.logged())
				}
			})
		})
	}
}

// Who cannot be asked keeps no daemon down.
func TestAtWorkCannotTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.workErr = errors.New("no answer")
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
	})
}
