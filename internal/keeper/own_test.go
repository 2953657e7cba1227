package keeper

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"daemon-keeper/check"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

// ownHerd is a herd whose daemon no manager knows. It is stopped for real, and started as
// the herd does.
type ownHerd struct {
	*herd
	own    *rcd.Own
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
				if !strings.Contains(h.diary(), tc.line) {
					t.Errorf("the diary does not say %q:\n%s", tc.line, h.diary())
				}
				if n := strings.Count(strings.Join(h.calls, ","), "start own:x"); n > 1 || tc.result == report.StillDown && n != 0 {
					t.Errorf("started %d times", n)
				}
			})
		})
	}
}
