package keeper

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// The ledger has all of an incident, and the memory nothing more of it.
func TestIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s", "t")
		d.Policy = policy()
		known := w.now()
		w.again(t, d)
		lastUp := w.known(t, "a").LastUp
		if !about(lastUp.Since(known), 0) || lastUp.Boot != "b" {
			t.Errorf("last up %v", lastUp)
		}
		time.Sleep(time.Minute)
		w.dies("a")
		found := time.Now()
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
		up := w.now()
		list := w.ledger(t)
		if len(list) != 1 {
			t.Fatalf("the ledger has %+v", list)
		}
		i := list[0]
		steps := i.Steps
		var did []string
		for _, s := range steps {
			did = append(did, fmt.Sprintf("%s %s %.1f %d%s", s.Verb, s.Service, s.Seconds, *s.Exit, s.Error))
		}
		if got := strings.Join(did, ","); got != "stop s 0.1 0,start s 0.1 0,stop t 0.1 0,start t 0.1 0" {
			t.Errorf("steps %s", got)
		}
		if !i.LastUp.Equal(lastUp.Time) || !about(i.Down.Sub(found), d.Recheck) || !about(i.Up.Sub(up.Time), 0) || i.Up.After(up.Time) {
			t.Errorf("last up %v, down %v, up %v", i.LastUp, i.Down, i.Up)
		}
		if got := time.Duration(i.Seconds * float64(time.Second)); got != i.Up.Sub(i.Down) || got < 2*time.Second {
			t.Errorf("took %v", got)
		}
		if d := i.Death; d == nil || d.Boot != lastUp.Boot || d.From != lastUp.Up || d.To <= d.From || d.Service != "s" || len(d.Processes) != 1 || d.Processes[0].PID != 100 {
			t.Errorf("of its end %+v is kept", d)
		}
		i.LastUp, i.Down, i.Up, i.Seconds, i.Steps, i.Began, i.Death = time.Time{}, time.Time{}, time.Time{}, 0, nil, past.Stamp{}, nil
		if want := (past.Incident{Daemon: "a", Reason: "not running", Kind: "unknown", Tries: 1, Outcome: "brought_back"}); inJSON(t, i) != inJSON(t, want) {
			t.Errorf("got %+v, want %+v", i, want)
		}

		m := w.known(t, "a")
		switch {
		case m.Incident != nil || !m.Reminded.IsZero():
			t.Errorf("still under way: %+v", m)
		case !about(m.LastUp.Since(up), 0) || m.UpSince != m.LastUp || m.Processes[0].PID != w.toy("a").pid:
			t.Errorf("up since %v, last %v, %v", m.UpSince, m.LastUp, m.Processes)
		case m.Tally.Tries != 1 || m.Totals != past.Totals{Incidents: 1, Restarts: 1, Downtime: list[0].Seconds}:
			t.Errorf("tally %+v, totals %+v", m.Tally, m.Totals)
		case !about(m.Known.Since(known), 0):
			t.Errorf("known since %v", m.Known)
		}
		if s := m.Stops["s"]; len(m.Stops) != 2 || s.To.Since(s.From) != 100*time.Millisecond {
			t.Errorf("stops %+v", m.Stops)
		}
	})
}

// A daemon that nobody has ever seen up is not said to have been so.
func TestIncidentOfOneThatWasNeverUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		w.again(t, w.add("a", "s"))
		if i := w.ledger(t)[0]; !i.LastUp.IsZero() {
			t.Errorf("last up %v", i.LastUp)
		}
	})
}

// An incident lasts over many runs; what tried to end it is in it.
func TestIncidentOverSeveralRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s", "t", "u")
		for service, err := range map[string]error{
			"s": &rcd.CommandError{Verb: words.Start, Service: "s", Status: 3, Cause: errors.New("exit status 3")},
			"t": &rcd.CommandError{Verb: words.Start, Service: "t", Status: 0, TimedOut: true, Cause: errors.New("too long")},
			"u": errors.New("cannot be run"),
		} {
			w.services[service].err = err
		}
		began := w.now()
		for n := range 8 {
			wantResult(t, w.again(t, d)["a"], report.StillDown, "did not appear")
			m := w.known(t, "a")
			if m.Incident.Tries != n+1 || m.Incident.Outcome != "still_down" || !about(m.Incident.Began.Since(began), d.Recheck) || !m.UpSince.IsZero() {
				t.Fatalf("after %d runs: %+v", n+1, m.Incident)
			}
			if n > 0 && strings.Contains(w.logged(), "'a' is not running") {
				t.Errorf("said again:\n%s", w.logged())
			}
			time.Sleep(time.Minute)
		}
		if list := w.ledger(t); len(list) > 0 {
			t.Errorf("the ledger has %+v", list)
		}
		w.comesUp("a")
		wantResult(t, w.again(t, d)["a"], report.Up, "")
		i := w.ledger(t)[0]
		if i.Outcome != "came_back" || i.Tries != 8 || i.Reason != "not running" || !about(time.Duration(i.Seconds*1e9), time.Since(w.began)-d.Recheck) {
			t.Errorf("%+v", i)
		}
		if len(i.Steps) != 40 {
			t.Fatalf("%d steps", len(i.Steps))
		}
		last := i.Steps[34:]
		if s := last[1]; s.Service != "s" || s.Verb != "start" || *s.Exit != 3 || s.Error != "cannot start service s: exit status 3" {
			t.Errorf("%+v", s)
		}
		if last[3].Exit != nil || last[5].Exit != nil || last[5].Error != "cannot be run" {
			t.Errorf("%+v %+v", last[3], last[5])
		}
	})
}

// What is wrong with a daemon that runs is the reason.
func TestIncidentOfOneThatIsNotWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		d.Spec.Listen = []check.Listen{{}}
		w.toy("a").sick = true
		w.again(t, d)
		if i := w.ledger(t)[0]; i.Reason != "not well: it refuses connections" || i.Outcome != "brought_back" {
			t.Errorf("%+v", i)
		}
	})
}

// Downtime is by the machine's own clock, whatever the clock of the day does.
func TestDowntimeAndTheClockOfTheDay(t *testing.T) {
	for _, step := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			d := w.isUp("a", "s")
			w.again(t, d)
			w.dies("a")
			w.barren("s")
			w.again(t, d)
			w.clock = step
			time.Sleep(10 * time.Minute)
			w.comesUp("a")
			w.again(t, d)
			i, known := w.ledger(t)[0], w.known(t, "a").Known.Time
			if i.Seconds < 600 || i.Seconds > 660 {
				t.Errorf("clock set by %v: down for %v s", step, i.Seconds)
			}
			if long := 15 * time.Minute; i.Up.Sub(i.Down) > long || i.Down.Sub(i.LastUp).Abs() > long || i.Up.Sub(known).Abs() > long {
				t.Errorf("clock set by %v: known since %v, last up %v, down %v, up %v", step, known, i.LastUp, i.Down, i.Up)
			}
		})
	}
}

// Another process is told of only if somebody else must have started it.
func TestRestartedBySomeoneElse(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(w *world)
		told bool
		same bool // up since as before
	}{
		{"the same", func(*world) {}, false, true},
		{"another", func(w *world) { w.comesUp("a") }, true, false},
		{"another beside it", func(w *world) {
			v := up(w.toy("a").pid)
			v.Matches = append(v.Matches, up(900).Matches...)
			w.toy("a").verdict = &v
		}, false, true},
		{"the old one still runs, and does not count", func(w *world) {
			v := up(900)
			w.toy("a").verdict = &v
		}, false, true},
		{"a worker has gone", func(w *world) {
			v := up(w.toy("a").pid + 1)
			v.Matches[0].Usage.Age = time.Hour
			w.toy("a").verdict = &v
		}, false, true},
		{"another, as old as our last look", func(w *world) {
			v := up(w.toy("a").pid + 1)
			v.Matches[0].Usage.Age = 59 * time.Second
			w.toy("a").pid++
			w.toy("a").verdict = &v
		}, true, false},
		{"it cannot be told", func(w *world) {
			w.comesUp("a")
			w.keeper.Runs = func(int, uint64) (bool, error) { return false, errors.New("not today") }
		}, false, true},
		{"restarted by us", func(w *world) { w.dies("a") }, false, false},
		{"after a reboot", func(w *world) {
			w.comesUp("a")
			w.boot = "c"
		}, false, false},
		{"the same numbers after a reboot", func(w *world) { w.boot = "c" }, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.remembers(t)
				d := w.isUp("a", "s")
				r := w.again(t, d)["a"]
				if len(r.Notices) > 0 { // at first sight
					t.Errorf("notices %q", r.Notices)
				}
				before := w.known(t, "a")
				old := w.toy("a").pid
				time.Sleep(time.Minute)
				tc.do(w)
				r = w.again(t, d)["a"]
				want := fmt.Sprintf("it was restarted by someone else: pid %d -> pid %d", old, w.toy("a").pid)
				if told := slices.Equal(r.Notices, []string{want}); told != tc.told || !told && len(r.Notices) > 0 {
					t.Errorf("notices %q", r.Notices)
				}
				if strings.Contains(w.logged(), "INFO 'a': "+want) != tc.told {
					t.Errorf("the log says\n%s", w.logged())
				}
				after := w.known(t, "a")
				if same := after.UpSince == before.UpSince; same != tc.same {
					t.Errorf("up since %v, before %v", after.UpSince, before.UpSince)
				}
				time.Sleep(time.Minute)
				if r := w.again(t, d)["a"]; tc.name != "it cannot be told" && len(r.Notices) > 0 {
					t.Errorf("said again: %q", r.Notices)
				}
			})
		})
	}
}

// That a daemon which was down has another process is not news.
func TestBackBySomeoneElseIsNotToldTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		w.again(t, d)
		w.dies("a")
		w.barren("s")
		w.again(t, d)
		w.comesUp("a")
		if r := w.again(t, d)["a"]; len(r.Notices) > 0 {
			t.Errorf("notices %q", r.Notices)
		}
	})
}

// Processes are remembered with what tells them from others of the same number.
func TestProcessesAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		v := check.Verdict{State: check.Up}
		for pid := range 20 {
			p := proctable.Process{PID: pid + 1, Parent: 77}
			p.Usage.Start, p.Usage.Threads, p.Usage.Children = uint64(pid+50), []int{pid + 1, pid + 70}, []int{pid + 80}
			v.Matches = append(v.Matches, check.Match{Process: p})
		}
		w.toy("a").verdict = &v
		w.again(t, d)
		list := w.known(t, "a").Processes
		if len(list) != 16 || list[3].PID != 4 || list[3].Start != 53 || !slices.Equal(list[3].Threads, []int{4, 73}) ||
			list[3].Parent != 77 || !slices.Equal(list[3].Children, []int{83}) {
			t.Errorf("%+v", list)
		}
	})
}

// A healthy run with a memory writes one file, and who looks, or only says what it
// would do, writes none.
func TestWhoWrites(t *testing.T) {
	files := func(w *world) []string {
		list, _ := filepath.Glob(w.keeper.Store.Path() + "/*")
		for i, path := range list {
			data, _ := os.ReadFile(path)
			list[i] = filepath.Base(path) + ": " + string(data)
		}
		return list
	}
	for _, tc := range []struct {
		name   string
		change func(k *Keeper)
		writes bool
	}{
		{"run", func(*Keeper) {}, true},
		{"dry run", func(k *Keeper) { k.DryRun = true }, false},
		{"look", func(k *Keeper) { k.Watching = true }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.remembers(t)
				d, e, p := w.isUp("a", "s"), w.isUp("e", "e"), w.isUp("p", "p")
				w.barren("e")
				w.again(t, d, e, p)
				if list := files(w); len(list) != 2 || !strings.HasPrefix(list[0], "lock: ") || !strings.HasPrefix(list[1], "memory.json: ") {
					t.Fatalf("files %q", list)
				}
				w.dies("e")
				w.again(t, d, e, p)
				if err := w.keeper.Store.Pause(past.Pause{Name: "p", From: w.now()}); err != nil {
					t.Fatal(err)
				}
				before := files(w)
				tc.change(w.keeper)
				told := 0
				w.keeper.Tell = telling(&told)
				// One ends its incident, one is down for the first time, and one is held.
				w.comesUp("e")
				w.dies("a")
				w.dies("p")
				time.Sleep(time.Hour)
				w.again(t, d, e, p)
				if wrote := !slices.Equal(before, files(w)); wrote != tc.writes {
					t.Errorf("before %q\nafter %q", before, files(w))
				}
				if (told > 0) != tc.writes {
					t.Errorf("told %d times", told)
				}
			})
		})
	}
}

// What cannot be told changes nothing that is remembered.
func TestUnknownIsNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		w.again(t, d)
		before := w.known(t, "a")
		time.Sleep(time.Minute)
		w.toy("a").verdict = &check.Verdict{Err: errors.New("clouded")}
		w.again(t, d)
		w.toy("a").verdict = nil
		w.dies("a")
		w.keeper.NeedsRoot = true
		wantResult(t, w.again(t, d)["a"], report.CannotTell, "only root")
		after := w.known(t, "a")
		if !strings.Contains(after.Told, "only root") {
			t.Errorf("people know %q", after.Told)
		}
		after.Told = before.Told
		if inJSON(t, after) != inJSON(t, before) {
			t.Errorf("before %s\nafter %s", inJSON(t, before), inJSON(t, after))
		}
	})
}

// What a person must mend is said once, and again when it is something else, or has been
// well meanwhile. Each run's status and report have it all the same.
func TestWhatMustBeMendedIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		w.again(t, d)
		_, missing := check.Find("/nosuch/program")
		_, relative := check.Find("program")
		for i, tc := range []struct {
			err  error
			told bool
		}{{missing, true}, {missing, false}, {missing, false}, {relative, true}, {relative, false}, {nil, false}, {relative, true}} {
			w.toy("a").verdict = nil
			if tc.err != nil {
				w.toy("a").verdict = &check.Verdict{Err: tc.err}
			}
			w.lines = nil
			r := w.again(t, d)["a"]
			if tc.err == nil {
				continue
			}
			wantResult(t, r, report.CannotTell, "cannot look for")
			if told := strings.Contains(w.logged(), "cannot look for"); told != tc.told || r.Known == tc.told {
				t.Errorf("run %d: known %v, the log says %q", i, r.Known, w.logged())
			}
		}
	})
}

// Rules have no history.
func TestRulesAreNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		rule := w.rule("rule", faulty(up(7), check.TooMany, check.Alarm, "none may be"))
		if r := w.again(t, rule, w.isUp("a", "s")); r["rule"].Totals != nil || r["a"].Totals == nil {
			t.Errorf("%+v", r)
		}
		all, err := w.keeper.Store.Read("")
		if _, ok := all["rule"]; ok || len(all) != 1 || err != nil {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// One that is here only for those that come after it is left to the runs that keep
// it: what they know is neither told, nor ended, nor overwritten.
func TestLookOnlyIsNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		told := 0
		w.keeper.Tell = telling(&told)
		d, after := w.isUp("a", "s"), w.isUp("b", "sb")
		after.After = []string{"a"}
		w.again(t, d, after)
		w.dies("a")
		w.barren("s")
		w.again(t, d, after)
		before, toldBefore := w.known(t, "a"), told
		w.comesUp("a")
		only := d
		only.LookOnly = true
		w.again(t, only, after)
		if list := w.ledger(t); len(list) > 0 || told != toldBefore {
			t.Errorf("told %d times, and the ledger has %+v", told-toldBefore, list)
		}
		if after := w.known(t, "a"); inJSON(t, after) != inJSON(t, before) {
			t.Errorf("before %s\nafter %s", inJSON(t, before), inJSON(t, after))
		}
		w.again(t, d, after)
		if list := w.ledger(t); len(list) != 1 || told != toldBefore+1 {
			t.Errorf("told %d times, and the ledger has %+v", told-toldBefore, list)
		}
	})
}

// It is not in the memory at all, if nobody keeps it; and it is not news there who has
// restarted it.
func TestLookOnlyIsNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d, b := w.isUp("a", "s"), w.isUp("b", "sb")
		d.LookOnly = true
		w.again(t, d, b)
		if m := w.known(t, "a"); !m.Known.IsZero() {
			t.Errorf("%+v", m)
		}
		d.LookOnly = false
		w.again(t, d, b)
		w.comesUp("a")
		d.LookOnly = true
		w.again(t, d, b)
		if strings.Contains(w.logged(), "restarted by someone else") {
			t.Errorf("the log says\n%s", w.logged())
		}
	})
}

// One that got well without a restart has been up since then only, and a stamp from
// the future counts as now.
func TestUpSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := w.remembers(t)
		d := w.isUp("a", "s")
		d.Spec.Listen, d.Policy = []check.Listen{{}}, policy()
		w.again(t, d)
		w.toy("a").sick, w.toy("a").ill = true, true
		w.services["s"].brings = nil
		w.again(t, d)
		w.toy("a").sick = false
		time.Sleep(time.Minute)
		w.again(t, d)
		m := w.known(t, "a")
		if m.UpSince != m.LastUp {
			t.Errorf("up since %v", m.UpSince)
		}
		must(t, store.Update("", false, func(all map[string]past.Daemon) {
			m := all["a"]
			m.UpSince.Up += time.Hour
			all["a"] = m
		}))
		w.again(t, d)
		if m := w.known(t, "a"); m.UpSince != m.LastUp {
			t.Errorf("up since %v, and now it is %v", m.UpSince, m.LastUp)
		}
	})
}

// Who has the locks knows better than who has written meanwhile without them.
func TestWhoActsKnowsBetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.pause(t, past.Pause{Name: "a"})
		other := w.another(t)
		w.keeper.IgnoreIntent = true
		slow := d
		slow.Recheck = 5 * time.Second
		done := make(chan []report.Daemon)
		go func() { done <- w.keeper.Run(t.Context(), []Daemon{slow}) }()
		time.Sleep(time.Second)
		wantResult(t, other.Run(t.Context(), []Daemon{d})[0], report.Held, "paused")
		wantResult(t, (<-done)[0], report.BroughtBack, "")
		if m := w.known(t, "a"); m.Tally.Tries != 1 || m.Held != "" || m.Incident != nil || len(w.ledger(t)) != 1 {
			t.Errorf("%+v", m)
		}
	})
}

// One that is up while another run still waits whether it stays up is that run's.
func TestUpWhileAnotherRunIsAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		d.Settle, d.Policy = 25*time.Second, policy()
		done := make(chan []report.Daemon)
		go func() { done <- w.keeper.Run(t.Context(), []Daemon{d}) }()
		time.Sleep(10*time.Second + 3*time.Millisecond)
		wantResult(t, w.another(t).Run(t.Context(), []Daemon{d})[0], report.Up, "")
		if m := w.known(t, "a"); m.Incident == nil || len(w.ledger(t)) > 0 {
			t.Errorf("%+v", m)
		}
		wantResult(t, (<-done)[0], report.BroughtBack, "")
		if list := w.ledger(t); len(list) != 1 || list[0].Outcome != "brought_back" {
			t.Errorf("the ledger has %+v", list)
		}
	})
}

// What another run has just restarted has not come up by itself.
func TestUpThroughAnotherRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.add("a", "s")
		d.Policy = policy()
		w.barren("s")
		wantResult(t, w.again(t, d)["a"], report.StillDown, "")
		w.brings("s", "a")
		time.Sleep(time.Hour)
		slow := d
		slow.Recheck = time.Minute
		other := w.another(t)
		done := make(chan []report.Daemon)
		go func() { done <- other.Run(t.Context(), []Daemon{slow}) }()
		time.Sleep(time.Second)
		wantResult(t, w.another(t).Run(t.Context(), []Daemon{d})[0], report.BroughtBack, "")
		wantResult(t, (<-done)[0], report.Up, "")
		if strings.Contains(w.logged(), "by itself") || len(w.ledger(t)) != 1 {
			t.Errorf("the ledger has %+v, the log\n%s", w.ledger(t), w.logged())
		}
	})
}

// Totals never fall, and have the incident under way.
func TestTotals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		if got := *w.again(t, d)["a"].Totals; got != (report.Totals{}) {
			t.Errorf("%+v", got)
		}
		w.dies("a")
		if got := *w.again(t, d)["a"].Totals; got.Incidents != 1 || got.Restarts != 1 || !about(got.Downtime, 2200*time.Millisecond) {
			t.Errorf("%+v", got)
		}
		w.dies("a")
		w.barren("s")
		d.Policy.Delays = []time.Duration{time.Hour}
		d.Policy.Acceptable = time.Hour
		time.Sleep(10 * time.Minute)
		w.again(t, d)
		time.Sleep(10 * time.Minute)
		got := *w.again(t, d)["a"].Totals
		if got.Incidents != 2 || got.Restarts != 1 || (got.Downtime-10*time.Minute).Abs() > 10*time.Second {
			t.Errorf("under way: %+v", got)
		}
		w.keeper.Store = nil
		if got := w.again(t, d)["a"].Totals; got != nil {
			t.Errorf("without a memory: %+v", got)
		}
	})
}

// A run that finds another at work knows less than that, and leaves its memory.
func TestBusyRunGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		w.again(t, d)
		w.dies("a")
		w.services["s"].startIs, w.services["s"].after = 50*time.Second, 50*time.Second
		d.Policy = policy()
		done := make(chan []report.Daemon)
		go func() { done <- w.keeper.Run(t.Context(), []Daemon{d}) }()
		time.Sleep(20*time.Second + time.Millisecond)
		before := w.known(t, "a")
		if before.Incident == nil || before.Tally.Tries != 1 {
			t.Fatalf("the run at work has remembered %+v", before)
		}
		r := w.another(t).Run(t.Context(), []Daemon{d})[0]
		wantResult(t, r, report.Held, "another run is at work on service s")
		if !r.Busy || !r.NextTry.IsZero() {
			t.Errorf("%+v", r)
		}
		if after := w.known(t, "a"); inJSON(t, after) != inJSON(t, before) {
			t.Errorf("before %s\nafter %s", inJSON(t, before), inJSON(t, after))
		}
		wantResult(t, (<-done)[0], report.BroughtBack, "")
		if list := w.ledger(t); len(list) != 1 || w.known(t, "a").Incident != nil {
			t.Errorf("%+v, %+v", list, w.known(t, "a"))
		}
	})
}

// Two runs that have read the same memory end an incident once.
func TestIncidentIsEndedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		var told int
		w.keeper.Tell = telling(&told)
		d := w.add("a", "s")
		w.barren("s")
		w.again(t, d)
		toldBefore := told
		w.comesUp("a")
		other := w.another(t)
		d.Spec.Listen = []check.Listen{{}} // so that both have read before one writes
		w.probeTakes = time.Second
		done := make(chan []report.Daemon)
		go func() { done <- w.keeper.Run(t.Context(), []Daemon{d}) }()
		time.Sleep(500 * time.Millisecond)
		wantResult(t, other.Run(t.Context(), []Daemon{d})[0], report.Up, "")
		wantResult(t, (<-done)[0], report.Up, "")
		if list := w.ledger(t); len(list) != 1 {
			t.Errorf("the ledger has %+v", list)
		}
		if m := w.known(t, "a"); m.Incident != nil || m.Totals.Incidents != 1 || m.Totals.Downtime > 60 {
			t.Errorf("%+v", m)
		}
		if told != toldBefore+1 {
			t.Errorf("told %d times of the end", told-toldBefore)
		}
	})
}

// A run that waits for a slow daemon does not overwrite, at its end, what others have
// seen since of one with which it was done long ago.
func TestLongRunDoesNotOverwriteWhatOthersKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		a, slow := w.add("a", "s"), w.add("slow", "slow")
		a.Policy.Acceptable, slow.Policy.Acceptable = time.Hour, time.Hour
		w.services["slow"].startIs, w.services["slow"].after = 50*time.Second, 75*time.Second
		done := make(chan []report.Daemon)
		go func() { done <- w.keeper.Run(t.Context(), []Daemon{a, slow}) }()
		time.Sleep(20*time.Second + time.Millisecond)
		w.dies("a")
		wantResult(t, w.another(t).Run(t.Context(), []Daemon{a})[0], report.BroughtBack, "")
		<-done
		if m := w.known(t, "a"); m.Tally.Tries != 2 || m.Totals.Incidents != 2 || m.Totals.Restarts != 2 {
			t.Errorf("%+v", m)
		}
		if list := w.ledger(t); len(list) != 3 {
			t.Errorf("the ledger has %+v", list)
		}
	})
}

// Each configuration, and each daemon of the command line, has a memory of its own.
func TestEachKeyHasItsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		w.again(t, d)
		w.comesUp("a")
		w.keeper.Key = "/sbin/a"
		if r := w.again(t, d)["a"]; len(r.Notices) > 0 {
			t.Errorf("notices %q", r.Notices)
		}
		w.keeper.Key = ""
		if r := w.again(t, d)["a"]; len(r.Notices) != 1 {
			t.Errorf("notices %q", r.Notices)
		}
	})
}

// When the memory fails the daemon is restarted as if nothing were known, and that is
// said once, with what mends it.
func TestMemoryThatFails(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(t *testing.T, path string)
		line  string
	}{
		{"the folder is gone", func(t *testing.T, path string) { must(t, os.RemoveAll(path)) }, "cannot "},
		{"the folder is a file", func(t *testing.T, path string) {
			must(t, os.RemoveAll(path))
			must(t, os.WriteFile(path, nil, 0o600))
		}, "cannot "},
		{"garbage", func(t *testing.T, path string) {
			must(t, os.WriteFile(path+"/memory.json", []byte("\x00{garbage"), 0o600))
		}, "memory.json"},
		{"another version", func(t *testing.T, path string) {
			must(t, os.WriteFile(path+"/memory.json", []byte(`{"version":77}`), 0o600))
		}, "format version 77"},
		{"a link", func(t *testing.T, path string) {
			must(t, os.Rename(path+"/memory.json", path+"/elsewhere"))
			must(t, os.Symlink("elsewhere", path+"/memory.json"))
		}, "memory.json"},
		{"a folder in its place", func(t *testing.T, path string) {
			must(t, os.Remove(path+"/memory.json"))
			must(t, os.Mkdir(path+"/memory.json", 0o700))
		}, "memory.json"},
		{"others may write it", func(t *testing.T, path string) { must(t, os.Chmod(path+"/memory.json", 0o666)) }, "memory.json"},
		{"pauses are garbage", func(t *testing.T, path string) {
			must(t, os.WriteFile(path+"/pauses.json", []byte("garbage"), 0o600))
		}, "pauses.json"},
		{"the lock is a folder", func(t *testing.T, path string) {
			must(t, os.Remove(path+"/lock"))
			must(t, os.Mkdir(path+"/lock", 0o700))
		}, "lock"},
		{"the ledger is a folder", func(t *testing.T, path string) { must(t, os.Mkdir(path+"/ledger.jsonl", 0o700)) }, "ledger.jsonl"},
		{"a journal is garbage", func(t *testing.T, path string) {
			must(t, os.WriteFile(path+"/journal-a.0011.json", []byte("garbage"), 0o600))
		}, "journal-a.0011.json"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.remembers(t)
				a, b := w.isUp("a", "s"), w.isUp("b", "sb")
				a.Policy, b.Policy = policy(), policy()
				w.again(t, a, b)
				tc.spoil(t, w.keeper.Store.Path())
				w.dies("a")
				w.dies("b")
				for _, r := range w.again(t, a, b) {
					wantResult(t, r, report.BroughtBack, "")
				}
				said := ""
				for _, l := range w.lines {
					if l.level == report.Warning && strings.Contains(l.text, tc.line) && strings.HasSuffix(l.text, "); daemons are restarted all the same") {
						said = l.text
					}
				}
				if said == "" || strings.Count(w.logged(), said) != 1 {
					t.Errorf("the log says\n%s", w.logged())
				}
			})
		})
	}
}

// What fails while the work is under way is not a reason to stop it.
func TestMemoryThatIsLostMeanwhile(t *testing.T) {
	for at := 100 * time.Millisecond; at < 5*time.Second; at += 100 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			d := w.add("a", "s", "t")
			d.Policy = policy()
			time.AfterFunc(at, func() { os.RemoveAll(w.keeper.Store.Path()) })
			wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
			if got := w.did(); got != "stop s,start s,stop t,start t" {
				t.Errorf("lost at %v: did %s", at, got)
			}
		})
	}
}

// A bad file is no longer in the way of the run after.
func TestGarbageIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := w.remembers(t)
		must(t, os.WriteFile(store.Path()+"/memory.json", []byte("garbage"), 0o600))
		d := w.isUp("a", "s")
		w.again(t, d)
		w.again(t, d)
		if strings.Contains(w.logged(), "WARNING") || w.known(t, "a").LastUp.IsZero() {
			t.Errorf("the log says\n%s", w.logged())
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func inJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	must(t, err)
	return string(data)
}

// spoil has no file of a store changed any more; who is root is not kept from
// anything by modes.
func spoil(t *testing.T, path string) {
	t.Helper()
	must(t, os.Remove(path+"/lock"))
	must(t, os.Mkdir(path+"/lock", 0o700))
}

func mend(t *testing.T, path string) {
	t.Helper()
	must(t, os.Remove(path+"/lock"))
}
