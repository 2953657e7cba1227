package keeper

import (
	"context"
	"errors"
	"slices"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// controller is the manager during one restart. It passes the locks of the services to their
// commands, which hold them until they have ended, even if this run dies.
type controller struct {
	*pass
	locks *state.Locks
	say   func(text string) // reports a side effect of a step; may be nil
}

func (c controller) Stop(ctx context.Context, service string) error {
	return c.carryOut(ctx, words.Stop, service, c.Manager.Stop)
}

func (c controller) Start(ctx context.Context, service string) error {
	return c.carryOut(ctx, words.Start, service, c.Manager.Start)
}

// mayKill reports whether processes that outlive a stop of the service may be ended.
func (p *pass) mayKill(service string) bool {
	return slices.ContainsFunc(p.tasks, func(t *task) bool { return slices.Contains(t.daemon.Services, service) }) &&
		!slices.ContainsFunc(p.tasks, func(t *task) bool {
			return slices.Contains(t.daemon.Services, service) && t.daemon.Leftovers != EndLeftovers
		})
}

func (c controller) carryOut(ctx context.Context, verb words.Verb, service string, do func(context.Context, string, rcd.With) error) error {
	began := time.Now()
	with := rcd.With{
		Program:  c.Program,
		Locks:    c.locks.Files(),
		IsDaemon: func(pid int) bool { return c.isDaemon(service, pid) },
		Kill:     c.mayKill(service),
		Say:      c.say,
		Alone: func(err error) {
			c.logOnce(report.Warning, "%v; if this run is killed, a command that it has started is not waited for", err)
		},
	}
	if rcd.IsOwn(service) {
		c.withDaemon(&with, service)
	}
	err := do(ctx, service, with)
	if errors.As(err, new(*rcd.LostError)) { // somebody has killed the child that waited for the command
		c.outlast(ctx, verb, service, func() time.Duration { return time.Since(began) }, func() {})
	}
	return err
}
