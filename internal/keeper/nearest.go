package keeper

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/past"
)

// nearest names the process that was started during a restart and nearly counts, and says why
// it does not count: for example another version of an interpreter, or another user. It
// returns "" if there is none. A process that matches only by its arguments is the last
// choice.
func (t *task) nearest(ctx context.Context, since past.Stamp) string {
	if t.Processes == nil || ctx.Err() != nil {
		return ""
	}
	spec, opts := t.daemon.Spec, t.options()
	opts.Near = true
	excluded := slices.Clone(t.looks.one(ctx, spec, opts).Excluded)
	slices.SortStableFunc(excluded, func(a, b check.Exclusion) int { return cmp.Compare(a.Reason, b.Reason) })
	for _, x := range excluded {
		if x.Reason != check.Own && x.Reason != check.Zombie && len(x.Threads) == 0 && t.cameUp(x.PID, since) {
			return nearestText(x.Process, whyNot(x))
		}
	}
	if main := t.condition(ctx, t.daemon.Services[0]).Main; main > 0 && t.cameUp(main, since) {
		if p, runs, err := t.Processes.Read(main); err == nil && runs {
			return nearestText(p, fmt.Sprintf("the main process of service '%s', and another program", t.daemon.Services[0]))
		}
	}
	if spec.Args == nil {
		return ""
	}
	for _, m := range t.looks.one(ctx, check.Spec{Args: spec.Args}, opts).Matches {
		if t.cameUp(m.PID, since) {
			return nearestText(m.Process, "the wanted arguments, and another program")
		}
	}
	return ""
}

func nearestText(p proctable.Process, why string) string {
	return fmt.Sprintf("; process %d was started meanwhile and does not count (%s): %s", p.PID, seen(p), why)
}

// cameUp reports whether a process was started after since and still runs.
func (t *task) cameUp(pid int, since past.Stamp) bool {
	p, runs, err := t.Processes.Read(pid)
	return err == nil && runs && p.Usage.AgeNow() <= t.memory.now().Since(since)
}
