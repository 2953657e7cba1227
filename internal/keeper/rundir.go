package keeper

import (
	"context"
	"errors"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// lock keeps other runs from the services. Without a folder that can be trusted there are no
// locks, and the daemon is restarted all the same.
func (t *task) lock(ctx context.Context) (*state.Locks, bool) {
	locks, err := t.locksOf(t.daemon.Services)
	var held *state.HeldError
	switch {
	case errors.As(err, &held):
		if why, hint := t.overdue(ctx, held); why != "" {
			t.report.Reason, t.report.Hint = why, hint
			t.Log.Log(report.Warning, "'%s' is still %s: %s; %s", t.report.Name, stillDown(t.last), why, hint)
			return nil, false
		}
		t.leaveTo(err)
		return nil, false
	case err != nil:
		t.logOnce(report.Warning, "no locks, so another run may restart the same services, and what they print is lost: %v%s", err, inBrackets(words.Hint(err)))
		return new(state.Locks), true
	}
	return locks, true
}

func (p *pass) locksOf(services []string) (*state.Locks, error) {
	dir, err := state.OpenDir(p.RunDir)
	if err != nil {
		return nil, err
	}
	p.outputs.Do(func() {
		p.Outputs.Dir = dir.Path()
		p.unbound = p.Outputs.Bound()
	})
	return dir.Lock(p.lockNames(services), time.Now())
}

// lockNames returns the names of the services' locks. Two names of one service give the same
// lock.
func (k *Keeper) lockNames(services []string) []string {
	names := make([]string, len(services))
	for i, service := range services {
		names[i] = k.lockName(service)
	}
	return names
}

func (k *Keeper) lockName(service string) string {
	if k.LockName == nil {
		return service
	}
	return k.LockName(service)
}

// managerOf returns the name of a service's manager, for people.
func (k *Keeper) managerOf(service string) string {
	if k.ManagerOf != nil {
		return k.ManagerOf(service)
	}
	return k.Manager.Name()
}

// trim shortens the files with the output that daemons have written since their start.
func (p *pass) trim() {
	for _, service := range (&rcd.Outputs{Dir: p.RunDir}).TooLarge() {
		dir, err := state.OpenDir(p.RunDir)
		if err == nil {
			err = (&rcd.Outputs{Dir: dir.Path()}).Trim(service)
		}
		if err != nil {
			p.Log.Log(report.Warning, "%v", err)
		}
	}
}
