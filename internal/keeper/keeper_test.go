package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
	"daemon-keeper/restart"
)

// machine is all that a run needs of the world. Each look takes the next of its
// verdicts, and the last again and again.
type machine struct {
	looks     []check.Verdict
	looked    int
	calls     []string
	mu        sync.Mutex
	log       []string
	recorded  []string // what of it was told by Record
	phase     rcd.Phase
	phaseErr  error
	obstacles map[string]*rcd.Obstacle
	wishes    map[string]*rcd.Wish
	wishErr   error
	pasts     []rcd.Past // what Wish was told
	unknown   string     // the service that nobody knows
	startErr  error
	atStop    func()
}

func (m *machine) look(_ context.Context, specs []check.Spec, _ check.Options) []check.Verdict {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := m.looks[min(m.looked, len(m.looks)-1)]
	m.looked++
	return slices.Repeat([]check.Verdict{v}, len(specs))
}

func (m *machine) Stop(_ context.Context, service string, _ rcd.With) error {
	m.called("stop " + service)
	if m.atStop != nil {
		m.atStop()
	}
	return nil
}

func (m *machine) Start(_ context.Context, service string, _ rcd.With) error {
	m.called("start " + service)
	return m.startErr
}

func (m *machine) called(step string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, step)
}

func (m *machine) Find(_ context.Context, service string) error {
	if service == m.unknown {
		return &rcd.NotFoundError{Service: service, Manager: "fake", List: "ls"}
	}
	return nil
}

func (m *machine) Obstacle(_ context.Context, service string) (*rcd.Obstacle, error) {
	if service == m.unknown {
		return nil, &rcd.NotFoundError{Service: service, Manager: "fake", List: "ls"}
	}
	return m.obstacles[service], nil
}

func (m *machine) Wish(_ context.Context, service string, past rcd.Past) (*rcd.Wish, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pasts = append(m.pasts, past)
	return m.wishes[service], m.wishErr
}

func (m *machine) Death(context.Context, string) (rcd.Death, error) {
	return rcd.Death{Cause: words.UnknownCause}, nil
}

func (m *machine) Work(context.Context, string) (*rcd.Work, error) { return nil, nil }

func (m *machine) Commands([]string) func([]string) (string, string, bool) { return nil }

func (m *machine) Boot(context.Context) (rcd.Boot, error) { return rcd.Boot{}, nil }

func (m *machine) Condition(context.Context, string) (rcd.Condition, error) {
	return rcd.Condition{}, nil
}

func (m *machine) Phase(context.Context) (rcd.Phase, error) { return m.phase, m.phaseErr }

func (m *machine) Argv(v words.Verb, service string) []string {
	return []string{"svc", service, string(v)}
}

func (m *machine) CarriesOut(args []string, verb words.Verb, service string) bool {
	return slices.Equal(args, m.Argv(verb, service))
}

func (m *machine) Name() string { return "fake" }

func (m *machine) Log(l report.Level, format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log = append(m.log, l.String()+" "+fmt.Sprintf(format, args...))
}

func (m *machine) Record(l report.Level, format string, args ...any) {
	m.Log(l, format, args...)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recorded = append(m.recorded, l.String()+" "+fmt.Sprintf(format, args...))
}

func up(pid int) check.Verdict {
	return check.Verdict{State: check.Up, Matches: []check.Match{{Process: proctable.Process{PID: pid, Exe: "/sbin/x"}}}}
}

func down() check.Verdict { return check.Verdict{State: check.Down} }

func unclear(err error) check.Verdict { return check.Verdict{Err: err} }

func newKeeper(t *testing.T, m *machine) *Keeper {
	dir := filepath.Join(t.TempDir(), "run")
	return &Keeper{
		Senses: Senses{
			Look: m.look, EvidenceTime: 2 * time.Second,
			Uptime: func() (time.Duration, error) { return time.Hour, nil },
		},
		Services:  Services{Manager: m, RunDir: dir, Outputs: new(rcd.Outputs), AtOnce: 4},
		Listeners: Listeners{Log: m},
	}
}

func daemon(services ...string) Daemon {
	return Daemon{
		Name: "/sbin/x", Spec: check.Spec{Executable: "/sbin/x"}, Recheck: 2 * time.Second, BootGrace: 2 * time.Minute, BootLimit: BootLimit, WorkLimit: WorkLimit,
		Procedure: restart.Procedure{
			Services: services, StopTimeout: time.Minute, StartTimeout: time.Minute,
			Verify: 30 * time.Second, Settle: 2 * time.Second, FirstPoll: 50 * time.Millisecond, LastPoll: time.Second,
		},
	}
}

// Each row is one run: what the looks show, and what comes of it. The reason in the report and
// the lines of the log are in testdata/run.txtar.
func TestRun(t *testing.T) {
	texts := golden.Open(t, "run.txtar")
	blind := &proctable.BlindError{Why: "it has 1 rows"}
	for _, tc := range []struct {
		name   string
		looks  []check.Verdict
		change func(*machine, *Keeper, *Daemon)
		status report.Status
		calls  string // what was done to services
	}{
		{"up is left alone", []check.Verdict{up(7)}, nil, report.OK, ""},
		{"down twice is restarted", []check.Verdict{down(), down(), down(), up(8)}, nil, report.Restored, "stop a,start a,stop b,start b"},
		{"a restart in passing is left alone", []check.Verdict{down(), up(9)}, nil, report.OK, ""},
		{"another run was faster", []check.Verdict{down(), down(), up(9)}, nil, report.OK, ""},
		{
			"recheck 0 acts at once, but looks again under the lock",
			[]check.Verdict{down(), up(9)},
			func(_ *machine, _ *Keeper, d *Daemon) { d.Recheck = 0 }, report.OK, "",
		},
		{
			"does not come back",
			[]check.Verdict{down()},
			nil, report.Failed, "stop a,start a,stop b,start b",
		},
		{
			"a blind table is fatal and touches nothing",
			[]check.Verdict{unclear(blind)},
			nil, report.Unclear, "",
		},
		{
			"unknown at the second look touches nothing",
			[]check.Verdict{down(), unclear(errors.New("clouded"))},
			nil, report.Unclear, "",
		},
		{"unknown under the lock touches nothing", []check.Verdict{down(), down(), unclear(errors.New("clouded"))}, nil, report.Unclear, ""},
		{
			"unknown after the restart is still down",
			[]check.Verdict{down(), down(), down(), unclear(errors.New("clouded"))},
			nil,
			report.Failed, "stop a,start a,stop b,start b",
		},
		{
			"held within the boot grace",
			[]check.Verdict{down()},
			func(_ *machine, _ *Keeper, d *Daemon) { d.BootGrace = 2 * time.Hour }, report.OK, "",
		},
		{"held while booting", []check.Verdict{down()}, func(m *machine, _ *Keeper, _ *Daemon) { m.phase = rcd.Booting }, report.OK, ""},
		{"held while shutting down", []check.Verdict{down()}, func(m *machine, _ *Keeper, _ *Daemon) { m.phase = rcd.ShuttingDown }, report.OK, ""},
		{
			"an unknown phase does not hold",
			[]check.Verdict{down(), down(), down(), up(1)},
			func(m *machine, _ *Keeper, _ *Daemon) { m.phaseErr = errors.New("no bus") }, report.Restored, "stop a,start a,stop b,start b",
		},
		{
			"without the right to act nothing is touched",
			[]check.Verdict{down()},
			func(_ *machine, k *Keeper, _ *Daemon) { k.NeedsRoot = true }, report.Unclear, "",
		},
		{
			"a disabled service is left out",
			[]check.Verdict{down(), down(), down(), up(1)},
			func(m *machine, _ *Keeper, _ *Daemon) {
				m.obstacles = map[string]*rcd.Obstacle{"a": {Service: "a", Word: "disabled", Enable: "sysrc a_enable=YES"}}
			}, report.Restored, "stop b,start b",
		},
		{
			"nothing but disabled services",
			[]check.Verdict{down()},
			func(m *machine, _ *Keeper, _ *Daemon) {
				m.obstacles = map[string]*rcd.Obstacle{"a": {Service: "a", Word: "masked"}, "b": {Service: "b", Word: "masked"}}
			}, report.Failed, "",
		},
		{
			"a service unknown to the program touches nothing",
			[]check.Verdict{down()},
			func(m *machine, _ *Keeper, _ *Daemon) { m.unknown = "b" }, report.Unclear, "",
		},
		{"a dry run touches nothing", []check.Verdict{down()}, func(_ *machine, k *Keeper, _ *Daemon) {
			k.DryRun, k.NeedsRoot = true, true
		}, report.Failed, ""},
		{
			"a folder that cannot be trusted is not a reason to leave it down",
			[]check.Verdict{down(), down(), down(), up(1)},
			func(_ *machine, k *Keeper, _ *Daemon) { k.RunDir = "/dev/null/x" }, report.Restored, "stop a,start a,stop b,start b",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &machine{looks: tc.looks}
				k := newKeeper(t, m)
				d := daemon("a", "b")
				if tc.change != nil {
					tc.change(m, k, &d)
				}
				r := k.Run(t.Context(), []Daemon{d})[0]
				if r.Status() != tc.status {
					t.Errorf("status %d, want %d: %+v", r.Status(), tc.status, r)
				}
				if got := strings.Join(m.calls, ","); got != tc.calls {
					t.Errorf("did %q, want %q", got, tc.calls)
				}
				texts.Check(t, tc.name, "reason: "+r.Reason+"\n"+strings.Join(m.log, "\n"))
			})
		})
	}
}

func wantInOrder(t *testing.T, got, want []string) {
	t.Helper()
	rest := got
	for _, w := range want {
		i := slices.IndexFunc(rest, func(line string) bool { return strings.HasPrefix(line, w) })
		if i < 0 {
			t.Errorf("no line %q where it should be, in:\n%s", w, strings.Join(got, "\n"))
			return
		}
		rest = rest[i+1:]
	}
}

func TestRecheckWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{looks: []check.Verdict{down(), up(3)}}
		began := time.Now()
		newKeeper(t, m).Run(t.Context(), []Daemon{daemon("a")})
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("looked again after %v", took)
		}
	})
}

func TestInterruptedBeforeTheSecondLookTouchesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{looks: []check.Verdict{down()}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if r := newKeeper(t, m).Run(ctx, []Daemon{daemon("a")})[0]; r.Status() != report.Unclear || len(m.calls) > 0 {
			t.Errorf("%+v, did %q", r, m.calls)
		}
	})
}

func TestInterruptedRunStartsAndReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		m := &machine{looks: []check.Verdict{down()}, atStop: cancel}
		r := newKeeper(t, m).Run(ctx, []Daemon{daemon("a", "b")})[0]
		if got := strings.Join(m.calls, ","); got != "stop a,start a" {
			t.Errorf("did %q", got)
		}
		if r.Status() != report.Failed || r.Reason != "this run was interrupted" {
			t.Errorf("%+v", r)
		}
		if n := len(r.Steps); n != 4 || !r.Steps[2].Skipped || r.Steps[2].Service != "b" {
			t.Errorf("it does not say that b was left out: %+v", r.Steps)
		}
	})
}

func TestServiceThatAnotherRunHoldsIsLeftAlone(t *testing.T) {
	m := &machine{looks: []check.Verdict{down()}}
	k := newKeeper(t, m)
	dir, err := state.OpenDir(k.RunDir)
	if err != nil {
		t.Fatal(err)
	}
	locks, err := dir.Lock([]string{"b"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer locks.Release()
	d := daemon("a", "b")
	d.Recheck = 0
	r := k.Run(t.Context(), []Daemon{d})[0]
	if r.Status() != report.OK || r.Result != report.Held || len(m.calls) > 0 {
		t.Errorf("%+v, did %q", r, m.calls)
	}
	if want := fmt.Sprintf("another run is at work on service b: pid %d, since ", os.Getpid()); !strings.HasPrefix(r.Reason, want) {
		t.Errorf("reason %q, want %q", r.Reason, want)
	}
}

// A healthy run leaves no trace, not even a folder.
func TestHealthyRunWritesNothing(t *testing.T) {
	m := &machine{looks: []check.Verdict{up(1)}}
	k := newKeeper(t, m)
	k.Run(t.Context(), []Daemon{daemon("a")})
	if _, err := os.Lstat(k.RunDir); err == nil {
		t.Error("made the folder for the locks")
	}
}

func TestDryRunPlansEachStep(t *testing.T) {
	m := &machine{looks: []check.Verdict{down()}}
	k := newKeeper(t, m)
	k.DryRun = true
	d := daemon("a", "b")
	d.Recheck = 0
	r := k.Run(t.Context(), []Daemon{d})[0]
	var got []string
	for _, p := range r.Plan {
		got = append(got, strings.Join(p.Argv, " "))
	}
	if want := []string{"svc a stop", "svc a start", "svc b stop", "svc b start"}; !slices.Equal(got, want) {
		t.Errorf("planned %q, want %q", got, want)
	}
	if _, err := os.Lstat(k.RunDir); err == nil {
		t.Error("made the folder for the locks")
	}
	if slices.ContainsFunc(m.log, func(l string) bool { return strings.Contains(l, "not running") }) {
		t.Errorf("the log tells of it: %q", m.log)
	}
}

func TestOutputOfAFailingStepIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{looks: []check.Verdict{down()}, startErr: &rcd.CommandError{
			Verb: words.Start, Service: "a", Status: 1, Output: []string{"config: line 3"}, Cause: errors.New("exit status 1"),
		}}
		r := newKeeper(t, m).Run(t.Context(), []Daemon{daemon("a")})[0]
		if s := r.Steps[1]; s.Err != "cannot start service a: exit status 1" || !slices.Equal(s.Output, []string{"config: line 3"}) {
			t.Errorf("step %+v", s)
		}
		wantInOrder(t, m.log, []string{"ERROR cannot start service a: exit status 1", "ERROR service 'a' said: config: line 3"})
	})
}

func TestNoticesOfADaemonThatIsUp(t *testing.T) {
	odd := check.Verdict{State: check.Up, Matches: []check.Match{
		{Process: proctable.Process{PID: 4, Exe: "/sbin/x", Stopped: true}},
		{Process: proctable.Process{PID: 5, Exe: "/sbin/x"}, OldImage: true},
	}}
	m := &machine{looks: []check.Verdict{odd}}
	r := newKeeper(t, m).Run(t.Context(), []Daemon{daemon("a")})[0]
	if r.Status() != report.OK || len(r.Notices) != 2 {
		t.Errorf("%+v", r)
	}
	wantInOrder(t, m.log, []string{"INFO '/sbin/x' is running (pids 4 5)", "WARNING process 4 of '/sbin/x' is stopped", "INFO process 5 runs an old image"})
}

// What cannot work touches nothing, and does not keep the others from being kept.
func TestWhatCannotWorkIsRefused(t *testing.T) {
	m := &machine{looks: []check.Verdict{up(7)}, unknown: "nosuch"}
	good, unknown := daemon("a"), daemon("a", "nosuch")
	good.Name, unknown.Name = "good", "unknown"
	reports := newKeeper(t, m).Run(t.Context(), []Daemon{unknown, good})
	if r := reports[0]; r.Result != report.CannotTell || r.Reason != "'unknown': cannot find service nosuch: fake knows none of that name" || r.Hint == "" {
		t.Errorf("unknown service: %+v", r)
	}
	if r := reports[1]; r.Result != report.Up {
		t.Errorf("the good one: %+v", r)
	}
	wantInOrder(t, m.log, []string{"FATAL 'unknown': cannot find service nosuch", "INFO 1 of 2 daemons and rules were well"})
}
