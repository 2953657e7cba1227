package keeper

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/rcd"
)

// ownHerd is a herd whose daemon no manager knows. It is stopped for real, and started as
// the herd does.
type ownHerd struct {
	*herd
	own    *rcd.Manager
	noHold bool
}

func (h *ownHerd) Stop(ctx context.Context, service string, with rcd.With) error {
	_ = h.machine.Stop(ctx, service, with)
	return h.own.Stop(ctx, service, with)
}

func (h *ownHerd) Start(ctx context.Context, service string, with rcd.With) error {
	if pids, err := with.Remaining(ctx); len(pids) > 0 || err != nil {
		return errors.New("cannot start service " + service + ": it is to run once")
	}
	return h.herd.Start(ctx, service, with)
}

func (h *ownHerd) Seize(k check.Kin) (Seized, error) {
	if h.noHold {
		return nil, osutil.ErrNoHold
	}
	return h.herd.Seize(k)
}

// The stop of a daemon that no manager knows ends its processes, and no others; a second
// one is not started beside it.
func TestOwnDaemonIsEnded(t *testing.T) {
	for _, tc := range []struct {
		name    string
		procs   []proc
		noHold  bool
		result  report.Result
		signals string
		line    string
	}{
		{
			"it hears TERM",
			[]proc{{pid: 77, parent: 1}, {pid: 90, parent: 1, user: wwwData}},
			false, report.BroughtBack, "TERM 77 after 2s", "INFO sent TERM to process 77 of root",
		},
		{
			"it does not",
			[]proc{{pid: 77, parent: 1, stubborn: true}},
			false, report.BroughtBack, "TERM 77 after 2s, KILL 77 after 1m2s", "INFO sent KILL to process 77 of root",
		},
		{
			"a person has started it in a session",
			[]proc{{pid: 77, parent: 1, group: "/user.slice/session-3.scope"}},
			false, report.BroughtBack, "TERM 77 after 2s", "",
		},
		{
			"its number is another's by then",
			[]proc{{pid: 77, parent: 1, reused: true}},
			false, report.StillDown, "", "it is not started beside them",
		},
		{
			"the system gives no hold",
			[]proc{{pid: 77, parent: 1}},
			true, report.StillDown, "", "cannot stop service own:x: this system gives no hold on a process",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &ownHerd{herd: newHerd(t, tc.procs...), noHold: tc.noHold}
				d := roots(ReportLeftovers, "own:x")
				d.Own = rcd.OwnDaemon{Name: "x", Start: []string{"/sbin/x"}}
				h.own = rcd.NewOwn(rcd.Host{OS: "none"}, OwnDaemons([]Daemon{d}), nil)
				h.groups["own:x"] = "/system.slice/system-own.slice"
				h.sick, h.keeper.Manager, h.keeper.Kin = true, h, h
				r := h.run(t, t.Context(), d)
				wantResult(t, r, tc.result, "")
				if got := strings.Join(h.signals, ", "); got != tc.signals {
					t.Errorf("sent %q, want %q", got, tc.signals)
				}
				if !strings.Contains(h.logged(), tc.line) {
					t.Errorf("the log does not say %q:\n%s", tc.line, h.logged())
				}
				if n := strings.Count(strings.Join(h.calls, ","), "start own:x"); n > 1 || tc.result == report.StillDown && n != 0 {
					t.Errorf("started %d times", n)
				}
			})
		})
	}
}

// What cannot be told about its processes, because a look fails or because another daemon of the
// program cannot be judged, ends nothing and starts no second one.
func TestOwnDaemonUnknown(t *testing.T) {
	for _, other := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			h := &ownHerd{herd: newHerd(t, proc{pid: 77, parent: 1})}
			d := roots(ReportLeftovers, "own:x")
			d.Own = rcd.OwnDaemon{Name: "x", Start: []string{"/sbin/x"}}
			var others []Daemon
			if other {
				y := daemon("y")
				y.Name, y.Spec.Executable, y.Spec.Unclear = "y", d.Spec.Executable, errors.New("cannot find user nobody2")
				others = append(others, y)
			}
			h.own = rcd.NewOwn(rcd.Host{OS: "none"}, OwnDaemons([]Daemon{d}), nil)
			h.sick, h.keeper.Manager, h.keeper.Kin = true, h, h
			look := h.keeper.Look
			h.keeper.Look = func(ctx context.Context, specs []check.Spec, o check.Options) []check.Verdict {
				list := look(ctx, specs, o)
				for i, s := range specs {
					switch {
					case s.Unclear != nil:
						list[i] = check.Verdict{Err: s.Unclear}
					case !other && s.Count != nil && s.Count.Min == 0: // of all that run the program
						list[i] = check.Verdict{Err: errors.New("cannot read the process table")}
					}
				}
				return list
			}
			got := h.run(t, t.Context(), d, others...)
			if strings.Contains(strings.Join(h.calls, ","), "start") || len(h.signals) > 0 || !h.find(77).alive() || got.Result == report.BroughtBack {
				t.Errorf("another daemon: %v: %v, calls %q, signals %q\n%s", other, got.Result, h.calls, h.signals, h.logged())
			}
		})
	}
}

// A run that only looks at such a daemon cannot tell whether it is up, and so finishes nothing
// that a dead run has left of it.
func TestOwnDaemonOfAnotherRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &ownHerd{herd: newHerd(t, proc{pid: 77, parent: 1})}
		d := roots(ReportLeftovers, "own:x")
		d.Own, d.LookOnly = rcd.OwnDaemon{Name: "x", Start: []string{"/sbin/x"}}, true
		h.own = rcd.NewOwn(rcd.Host{OS: "none"}, OwnDaemons([]Daemon{d}), nil)
		h.keeper.Manager, h.keeper.Kin = h, h
		h.remembers(t, past.Process{PID: 77, Start: 1077, Parent: 1})
		j, err := h.keeper.Store.Begin(state.Intent{Daemon: d.Name, PID: 4000, Began: h.keeper.Clock(), Manager: "fake", Services: []string{"own:x"}, StopTimeout: time.Minute})
		must(t, err)
		must(t, j.Begin("stop", "own:x"))
		h.keeper.Run(t.Context(), []Daemon{d})
		if len(h.calls) > 0 {
			t.Errorf("it has called %q\n%s", h.calls, h.logged())
		}
		list, errs := h.keeper.Store.Unfinished()
		if len(list) != 1 || len(errs) > 0 {
			t.Errorf("the journal is left for the run that keeps it: %v, %v", list, errs)
		}
	})
}
