package keeper

import (
	"context"
	"errors"
	"syscall"

	"daemon-keeper/check"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

// A daemon that no manager knows has one service, which rcd.Own starts and stops. Own has no
// manager to ask which processes belong to the daemon, so it asks the run.

// OwnDaemons lists the daemons of a run that no manager knows.
func OwnDaemons(daemons []Daemon) []*rcd.OwnDaemon {
	var list []*rcd.OwnDaemon
	for _, d := range daemons {
		if d.Own.IsIt() {
			list = append(list, &d.Own)
		}
	}
	return list
}

// stops lists the processes that a stop of the service ends. Without a manager, the daemon
// may have been started by a person in a login session; the process counts all the same.
func stops(f check.Family, service string) []check.Kin {
	if rcd.IsOwn(service) {
		f.Group = ""
	}
	return f.Stops()
}

// withDaemon adds to with how to get hold of the daemon's processes.
func (p *pass) withDaemon(with *rcd.With, service string) {
	with.Warn = func(err error) { p.logOnce(report.Warning, "%v", err) }
	for _, t := range p.tasks {
		if t.daemon.Own.IsIt() && t.daemon.Own.Service() == service {
			with.Seize = t.seize
			with.Remaining = func(ctx context.Context) ([]int, error) {
				if t.unmet != nil {
					return t.stillThere(), nil
				}
				return t.Remaining(ctx, service)
			}
		}
	}
}

// seize gets hold of each process that the stop is to end, if it is still the same process.
func (t *task) seize(context.Context) (held []rcd.Held, err error) {
	if t.unmet != nil && len(t.stillThere()) > 0 {
		return nil, t.unmet
	}
	if t.old == nil {
		return nil, nil
	}
	for _, k := range t.old.awaited {
		switch h, seizeErr := t.Kin.Seize(k); {
		case seizeErr == nil:
			held = append(held, &heldKin{h, k, t})
		case !errors.Is(seizeErr, osutil.ErrEnded):
			err = errors.Join(err, seizeErr)
		}
	}
	return held, err
}

// stillThere lists the processes of the last look that may still run.
func (t *task) stillThere() (running []int) {
	for _, m := range t.last.Matches {
		if runs, err := t.Runs(m.PID, m.Usage.Start); runs || err != nil {
			running = append(running, m.PID)
		}
	}
	return running
}

// heldKin logs each signal that is sent to it.
type heldKin struct {
	Seized
	kin  check.Kin
	task *task
}

func (h *heldKin) PID() int { return h.kin.PID }

func (h *heldKin) Signal(s syscall.Signal) error {
	err := h.Seized.Signal(s)
	switch {
	case errors.Is(err, osutil.ErrEnded):
		return nil
	case err == nil:
		h.task.Log.Log(report.Notice, "%ssent %s to process %d of %s", h.task.inName(), signalName(s), h.kin.PID, h.task.nameOf(h.kin.User))
	}
	return err
}

func signalName(s syscall.Signal) string {
	if s == syscall.SIGKILL {
		return "KILL"
	}
	return "TERM"
}
