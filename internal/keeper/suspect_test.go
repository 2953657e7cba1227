package keeper

import (
	"context"
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

// family is a daemon with a main process and its workers, of which some may outlive it.
type family struct {
	*world
	cond     rcd.Condition // what the manager says
	ponders  time.Duration // how long it takes to answer
	asked    int
	main     *check.Match // nil: it has ended
	workers  []check.Match
	nearly   []check.Exclusion  // while nothing counts
	revives  bool               // a start brings a new main process up
	brings   *proctable.Process // what a start brings up in its place
	listens  []int
	read     map[int]proctable.Process
	leads    []proctable.Process
	pidFiles map[string]pidFile
	steps    []string
}

func member(pid, parent int, age time.Duration, unit string) check.Match {
	m := check.Match{Process: proctable.Process{PID: pid, Parent: parent, Exe: "/toys/a"}}
	m.Usage.Start, m.Usage.Age, m.Usage.Unit = uint64(pid), age, unit
	return m
}

// newFamily is a daemon that has been up for an hour.
func newFamily(t *testing.T) (*family, Daemon) {
	w := newWorld(t)
	w.remembers(t)
	f := &family{world: w, revives: true}
	main := member(100, 1, time.Hour, "a.service")
	main.Usage.Children = []int{101, 102}
	f.main, f.workers = &main, []check.Match{member(101, 100, time.Hour, "a.service"), member(102, 100, time.Hour, "a.service")}
	d := w.add("a", "a")
	w.keeper.Look = f.look
	w.keeper.Manager, w.keeper.Processes = f, f
	w.keeper.Runs = func(pid int, _ uint64) (bool, error) {
		return slices.ContainsFunc(f.members(), func(m check.Match) bool { return m.PID == pid }), nil
	}
	return f, d
}

func (f *family) members() []check.Match {
	if f.main == nil {
		return slices.Clone(f.workers)
	}
	return append([]check.Match{*f.main}, f.workers...)
}

// ages has the processes be of this age now, and grow older.
func (f *family) ages(age time.Duration) {
	for i := range f.workers {
		f.workers[i].Usage.Age, f.workers[i].Usage.Started = age, time.Now().Add(-age)
	}
}

// look sees one process, as a healthy run does, unless it is to see all.
func (f *family) look(_ context.Context, specs []check.Spec, opts check.Options) []check.Verdict {
	f.world.mu.Lock()
	f.world.lookedAt = append(f.world.lookedAt, look{specs: slices.Clone(specs), full: opts.Full})
	f.world.mu.Unlock()
	v := check.Verdict{State: check.Up, Matches: f.members()}
	if !opts.Full {
		v.Matches = v.Matches[:min(1, len(v.Matches))]
	}
	if len(v.Matches) == 0 {
		v = check.Verdict{State: check.Down, Excluded: f.nearly, Faults: []check.Fault{{Aspect: check.TooFew, Severity: check.Restart, Text: "not running"}}}
	}
	return slices.Repeat([]check.Verdict{v}, len(specs))
}

// The family is its own manager, where it is not that of the world.
func (f *family) Name() string                  { return "systemd" }
func (f *family) Listens(pid int) (bool, error) { return slices.Contains(f.listens, pid), nil }
func (f *family) PIDFile(path string) (int, bool, bool) {
	p := f.pidFiles[path]
	return p.pid, p.runs, p.known
}

func (f *family) Read(pid int) (proctable.Process, bool, error) {
	p, ok := f.read[pid]
	return p, ok, nil
}

func (f *family) Stop(_ context.Context, name string, _ rcd.With) error {
	f.steps = append(f.steps, "stop "+name)
	return nil
}

func (f *family) Death(context.Context, string) (rcd.Death, error) {
	return rcd.Death{Cause: "signal", Text: "signal 9"}, nil
}

func (f *family) Leads(context.Context, check.Spec) ([]proctable.Process, error) { return f.leads, nil }

func (f *family) Condition(context.Context, string) (rcd.Condition, error) {
	f.asked++
	time.Sleep(f.ponders)
	return f.cond, nil
}

func (f *family) Start(_ context.Context, name string, _ rcd.With) error {
	f.steps = append(f.steps, "start "+name)
	if f.brings != nil {
		f.read = map[int]proctable.Process{f.brings.PID: *f.brings}
		f.cond = rcd.Condition{State: rcd.Running, Main: f.brings.PID}
	}
	if f.revives {
		main := member(900, 1, 0, "a.service")
		f.main, f.cond = &main, rcd.Condition{State: rcd.Running, Main: 900}
	}
	return nil
}

func (f *family) did() string { return strings.Join(f.steps, ",") }

// isKilled ends the main process, and systemd notices.
func (f *family) isKilled() {
	f.main = nil
	f.cond = rcd.Condition{State: rcd.Stopped, Life: rcd.Life{Main: 100, Began: 2 * time.Hour, Ended: time.Second}}
}

// What is left of a daemon is not the daemon, and brings no success after the restart.
func TestSurvivors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, d := newFamily(t)
		wantResult(t, f.world.again(t, d)["a"], report.Up, "")
		if f.asked > 0 || slices.ContainsFunc(f.world.lookedAt, func(l look) bool { return l.full }) {
			t.Error("a healthy run has asked somebody")
		}
		time.Sleep(time.Minute)
		wantResult(t, f.world.again(t, d)["a"], report.Up, "")
		if hints := f.world.lookedAt[0].specs[0].Remembered; len(hints) != 1 || hints[0].PID != 100 || hints[0].Start != 100 || hints[0].Exe != "/toys/a" {
			t.Errorf("the look was told of %+v", hints)
		}
		f.isKilled()
		f.revives = false
		r := f.world.again(t, d)["a"]
		wantResult(t, r, report.StillDown, "")
		const says = "its main process (pid 100) has ended; 2 of its processes are left"
		if f.did() != "stop a,start a" || r.Trouble != says || !strings.Contains(f.world.logged(), "'a' is not well: "+says) || r.Cause != "signal 9" {
			t.Errorf("%s, trouble %q, cause %q:\n%s", f.did(), r.Trouble, r.Cause, f.world.logged())
		}
		if strings.Contains(f.world.logged(), "by someone else") {
			t.Error(f.world.logged())
		}
		time.Sleep(time.Hour) // longer than the back-off
		f.revives, f.steps = true, nil
		wantResult(t, f.world.again(t, d)["a"], report.BroughtBack, "")
		known := f.world.known(t, "a").Processes
		if f.did() != "stop a,start a" || len(known) != 1 || known[0].PID != 900 {
			t.Errorf("%s, remembered %+v", f.did(), known)
		}
	})
}

// A process of after the last look, in a session, is told from a restart by its unit.
func TestStranger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, d := newFamily(t)
		f.main, f.cond = nil, rcd.Condition{State: rcd.Stopped, Life: rcd.Life{Main: 100, Began: time.Hour, Ended: time.Second}}
		f.workers = []check.Match{member(300, 1, time.Minute, "session-3.scope")}
		wantResult(t, f.world.again(t, d)["a"], report.BroughtBack, "")
	})
	synctest.Test(t, func(t *testing.T) {
		f, d := newFamily(t)
		f.main, f.cond = nil, rcd.Condition{State: rcd.Stopped}
		f.workers = []check.Match{member(300, 1, time.Minute, "session-3.scope")}
		for range 3 { // started by hand
			wantResult(t, f.world.again(t, d)["a"], report.Up, "")
		}
		if f.asked != 1 || f.did() != "" || f.world.known(t, "a").Processes[0].Unit != "session-3.scope" {
			t.Errorf("asked %d times, did %q, knows %+v", f.asked, f.did(), f.world.known(t, "a").Processes)
		}
	})
}

// The first that is seen may be another service's: the main process is remembered.
func TestMainIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, d := newFamily(t)
		f.workers = []check.Match{member(200, 1, time.Hour, "a.service")}
		other := member(50, 1, time.Hour, "b.service")
		f.main, f.cond = &other, rcd.Condition{State: rcd.Running, Main: 200}
		wantResult(t, f.world.again(t, d)["a"], report.Up, "")
		if got := f.world.known(t, "a").Processes; len(got) != 2 || got[0].PID != 200 {
			t.Errorf("remembered %+v", got)
		}
	})
}

// Where it cannot be told the daemon is up, and that is said once.
func TestUncertainRemains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, d := newFamily(t)
		for range 2 {
			f.world.again(t, d)
			time.Sleep(time.Minute)
		}
		f.main = nil
		r := f.world.again(t, d)["a"]
		wantResult(t, r, report.Up, "")
		const says = "its main process (pid 100) has ended, and it counts as up by pids 101 102: nothing else says"
		if len(r.Notices) != 1 || !strings.HasPrefix(r.Notices[0], says) {
			t.Errorf("notices %q", r.Notices)
		}
		if r := f.world.again(t, d)["a"]; len(r.Notices) > 0 || f.asked != 1 {
			t.Errorf("again: %q, asked %d times", r.Notices, f.asked)
		}
	})
}

// An active service with a living main process is not called down because of a path.
func TestActiveIsNotDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, d := newFamily(t)
		f.main, f.workers = nil, nil
		f.cond = rcd.Condition{State: rcd.Running, Main: 417}
		f.read = map[int]proctable.Process{417: {PID: 417, Exe: "/opt/r1/a"}}
		r := f.world.again(t, d)["a"]
		wantResult(t, r, report.CannotTell, "its main process 417 runs /opt/r1/a")
		if f.did() != "" || !strings.Contains(r.Hint, "executable: /opt/r1/a") || f.world.known(t, "a").Incident != nil {
			t.Errorf("did %q, hint %q", f.did(), r.Hint)
		}
		f.read = nil
		wantResult(t, f.world.again(t, d)["a"], report.BroughtBack, "")
	})
}

// A wrapper that outlives the daemon hides no death that the memory knows of.
func TestWrapperHidesNoDeath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, d := newFamily(t)
		wantResult(t, f.world.again(t, d)["a"], report.Up, "")
		f.main, f.workers = nil, nil
		f.cond = rcd.Condition{State: rcd.Running, Main: 90}
		wrapper := proctable.Process{PID: 90, Exe: "/bin/sh"}
		wrapper.Usage.Age = time.Hour
		f.read = map[int]proctable.Process{90: wrapper}
		wantResult(t, f.world.again(t, d)["a"], report.BroughtBack, "")
	})
}

// An old image is told once, and again when it is another one.
func TestOldImageIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, d := newFamily(t)
		const says = "process 100 runs an old image"
		f.main.OldImage = true
		for n := range 3 {
			r := f.world.again(t, d)["a"]
			if len(r.Notices) != 1 || !strings.HasPrefix(r.Notices[0], says) || strings.Contains(f.world.logged(), says) != (n == 0) {
				t.Errorf("run %d: %q\n%s", n, r.Notices, f.world.logged())
			}
		}
		f.main.OldImage = false
		if r := f.world.again(t, d)["a"]; len(r.Notices) > 0 {
			t.Errorf("%q", r.Notices)
		}
		f.main.OldImage = true
		if f.world.again(t, d); !strings.Contains(f.world.logged(), says) {
			t.Errorf("not told again:\n%s", f.world.logged())
		}
	})
}

// What a run restarts as another one's service was not restarted by someone else.
func TestRestartedAsAnothersService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		a, b := w.isUp("a", "s", "t"), w.isUp("b", "t")
		w.brings("t", "b")
		w.again(t, a, b)
		time.Sleep(time.Minute)
		w.dies("a")
		if r := w.again(t, a, b); r["a"].Result != report.BroughtBack || r["b"].Result != report.Up {
			t.Fatalf("%+v", r)
		}
		time.Sleep(time.Minute)
		if r := w.again(t, a, b)["b"]; len(r.Notices) > 0 || !strings.Contains(w.logged(), "'b' was restarted for 'a', with which it shares a service") {
			t.Errorf("notices %q, the log says\n%s", r.Notices, w.logged())
		}
		time.Sleep(time.Minute)
		w.comesUp("b")
		if r := w.again(t, a, b)["b"]; len(r.Notices) != 1 {
			t.Errorf("by somebody: %q", r.Notices)
		}
	})
}

// Of two that are down and share a service, the second one's incident was ended by the
// restart for the first.
func TestBroughtBackAsAnothersService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		a, b := w.isUp("a", "s", "t"), w.isUp("b", "t")
		w.brings("t", "b")
		a.Recheck, b.Recheck = time.Second, 1100*time.Millisecond // a is the first
		w.again(t, a, b)
		time.Sleep(time.Minute)
		w.dies("a")
		w.dies("b")
		w.again(t, a, b)
		ledger := w.ledger(t)
		i := slices.IndexFunc(ledger, func(i past.Incident) bool { return i.Daemon == "b" })
		if i < 0 || ledger[i].Outcome != words.BroughtBack || ledger[i].For != "a" {
			t.Errorf("%+v", ledger)
		}
		if !strings.Contains(w.logged(), "'b' is up again after") || strings.Contains(w.logged(), "by itself") {
			t.Errorf("the log says\n%s", w.logged())
		}
	})
}

// A daemon that depends on a service which a run has restarted may have been restarted with
// it; it may as well have been somebody else.
func TestRestartedWithAnothersService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		a, b := w.isUp("a", "s"), w.isUp("b", "t")
		w.again(t, a, b)
		time.Sleep(time.Minute)
		w.dies("a")
		w.again(t, a, b)
		w.dies("b")
		w.comesUp("b") // t requires s
		time.Sleep(time.Minute)
		if r := w.again(t, a, b)["b"]; len(r.Notices) != 1 || !strings.Contains(r.Notices[0], "by someone else, or with service 's', which a run has restarted for 'a'") {
			t.Errorf("notices %q", r.Notices)
		}
	})
}

// How long the manager takes to answer does not count: the workers were started before the
// daemon was last seen up, and before its end.
func TestSurvivorsOfAShortLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, d := newFamily(t)
		f.ages(100 * time.Millisecond)
		wantResult(t, f.world.again(t, d)["a"], report.Up, "")
		time.Sleep(200 * time.Millisecond)
		died := time.Now()
		f.isKilled()
		time.Sleep(50 * time.Millisecond)
		f.ponders = 2 * time.Second
		f.cond.At = died.Add(f.ponders)
		f.cond.Life = rcd.Life{Main: 100, Began: f.ponders + 310*time.Millisecond, Ended: f.ponders}
		for i := range f.workers { // as the look reads them
			f.workers[i].Usage.Age = 350 * time.Millisecond
		}
		wantResult(t, f.world.again(t, d)["a"], report.BroughtBack, "")
	})
}
