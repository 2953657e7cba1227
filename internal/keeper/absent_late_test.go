package keeper

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

// reviver is a manager that has brought the daemon up, by its own Restart=, when it is
// asked for the first time.
type reviver struct {
	*family
	diesAgain bool
}

func (r *reviver) Condition(context.Context, string) (rcd.Condition, error) {
	r.asked++
	switch {
	case r.asked == 1:
		main := member(900, 1, 0, "a.service")
		r.read = map[int]proctable.Process{900: main.Process}
		if !r.diesAgain {
			r.main = &main
		}
		return rcd.Condition{State: rcd.Running, Main: 900}, nil
	case r.diesAgain && r.main == nil:
		return rcd.Condition{State: rcd.Stopped}, nil
	}
	return rcd.Condition{State: rcd.Running, Main: 900}, nil
}

// A daemon that came up between our look and our question is up; one that came up and died
// is down. Neither is unknown.
func TestAbsentAndUpMeanwhile(t *testing.T) {
	for diesAgain, want := range map[bool]report.Result{false: report.Up, true: report.BroughtBack} {
		synctest.Test(t, func(t *testing.T) {
			f, d := newFamily(t)
			f.main, f.workers = nil, nil
			r := &reviver{f, diesAgain}
			f.keeper.Manager = r
			d.Recheck = time.Second
			wantResult(t, f.keeper.Run(t.Context(), []Daemon{d})[0], want, "")
		})
	}
}
