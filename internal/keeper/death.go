package keeper

import (
	"context"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

// deathTime is the limit for asking why a daemon is down: the remedy does not wait
// for the diagnosis.
const deathTime = 3 * time.Second

// notWell is the cause where processes run, and what is asked of them is not met.
const notWell rcd.Cause = "not_well"

// findCause asks why the daemon is down, before the restart takes the evidence away:
// once in an incident, for a daemon that is killed by its own restarts has died of
// the first cause.
func (r *run) findCause(ctx context.Context) {
	i := r.past.Incident
	if i != nil && i.Kind != "" {
		r.report.Cause = i.Cause
		return
	}
	d := r.death(ctx)
	if r.report.Cause = d.Text; d.Text != "" {
		r.Log.Log(report.Notice, "'%s': %s", r.report.Name, d.Text)
	}
	if i == nil || r.DryRun || ctx.Err() != nil { // nothing is restarted any more: the next run asks
		return
	}
	i.Kind, i.Cause, r.transition = string(d.Cause), d.Text, true
	if r.past.Deaths == nil {
		r.past.Deaths = make(map[string]int)
	}
	r.past.Deaths[i.Kind]++
}

// death is what the manager says of the first service, which is the daemon's own;
// the others are restarted with it.
func (r *run) death(ctx context.Context) rcd.Death {
	if trouble(r.last) != "" && !isRemains(r.last) {
		return rcd.Death{Cause: notWell} // in which way stands in every report
	}
	r.deaths <- struct{}{} // 300 at once take longer than each of them may
	defer func() { <-r.deaths }()
	ctx, cancel := context.WithTimeout(ctx, deathTime)
	defer cancel()
	d, err := r.Manager.Death(ctx, r.daemon.Services[0])
	if err != nil {
		r.Log.Log(report.Info, "'%s': the cause is not known: %v", r.report.Name, err)
	}
	return d
}
