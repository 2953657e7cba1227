package keeper

import (
	"context"
	"fmt"
	"slices"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/rcd"
	"daemon-keeper/restart"
)

// Margins beyond the configured limits: for a whole run, and for ending a command.
const (
	runMargin = time.Minute
	stepGrace = 20 * time.Second // TERM, then KILL
)

// longest is longer than any run needs to restart a daemon with this many services. A start
// may be tried twice if its manager had given up on the service.
func longest(p restart.Procedure, services int) time.Duration {
	each := p.StopTimeout + stepGrace + 2*(p.StartTimeout+stepGrace)
	return time.Duration(services)*each + p.Verify + 2*p.Settle + runMargin
}

// overdue reports a lock that is held for longer than any run can need: its holder is stopped
// or hangs, and the daemon stays down until somebody helps.
func (t *task) overdue(ctx context.Context, held *state.HeldError) (why, hint string) {
	need := longest(t.daemon.Procedure, len(t.daemon.Services))
	if t.store() != nil {
		list, _ := t.store().Unfinished() // errors have been reported
		for _, i := range list {
			if pid, _ := i.Run(); i.Longest > 0 && pid == held.PID && slices.Contains(i.Services, held.Service) {
				need = i.Longest
			}
		}
	}
	if held.Since.IsZero() || t.memory.now().Time.Sub(held.Since) <= need {
		return "", ""
	}
	pid, what := t.holder(ctx, held)
	why = fmt.Sprintf("%s has been at work on service %s since %s, and no run needs more than %s", what, held.Service, held.Since.Local().Format(time.DateTime), terminal.Limit(need))
	hint = "look at what it waits for; if it is not needed any more, end it: kill %d"
	if t.IsStopped != nil && t.IsStopped(pid) {
		why += "; it is stopped (state T)"
		hint = "let it go on: kill -CONT %d"
	}
	if pid == 0 {
		return why, "see who has the lock open: fuser -v " + t.RunDir + "/" + held.Service + ".lock"
	}
	return why, fmt.Sprintf(hint, pid)
}

// holder returns the process that holds a lock: the run that has signed it or, if that has
// died, the command that it has left at work on the service.
func (t *task) holder(ctx context.Context, held *state.HeldError) (pid int, what string) {
	if held.PID > 0 && t.Started != nil {
		if _, err := t.Started(held.PID); err == nil {
			return held.PID, fmt.Sprintf("another run, pid %d,", held.PID)
		}
	}
	if t.Commands != nil {
		list, _ := t.Commands(ctx, func(args []string) bool {
			return rcd.IsChildFor(args, held.Service)
		})
		slices.SortFunc(list, func(a, b proctable.Command) int { return int(b.Age - a.Age) })
		if len(list) > 0 {
			return list[0].PID, fmt.Sprintf("process %d, which a run that has died has left,", list[0].PID)
		}
	}
	return 0, "a process that is not known"
}
