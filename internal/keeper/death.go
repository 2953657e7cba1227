package keeper

import (
	"context"
	"slices"
	"time"

	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
)

// deathTime is the limit for asking why a daemon is down: the remedy does not wait
// for the diagnosis.
const deathTime = 3 * time.Second

// notWell is the cause where processes run, and what is asked of them is not met.
const notWell postmortem.Cause = "not_well"

// findCause asks why the daemon is down, before the restart takes the evidence away:
// once in an incident, for a daemon that is killed by its own restarts has died of
// the first cause.
func (r *run) findCause(ctx context.Context) {
	i := r.past.Incident
	if i != nil && i.Kind != "" {
		r.report.Cause, r.report.Sender, r.report.Certainty, r.report.Source = i.Cause, i.Sender, i.Certainty, i.Source
		return
	}
	d := r.death(ctx)
	r.report.Sender, r.report.Certainty, r.report.Source = d.Sender, string(d.Sure), d.Source
	if r.report.Cause = d.Text; d.Text != "" {
		r.Log.Log(report.Notice, "'%s': %s", r.report.Name, d.Text)
	}
	if i == nil || r.DryRun || ctx.Err() != nil { // nothing is restarted any more: the next run asks
		return
	}
	i.Kind, i.Cause, r.transition = string(d.Cause), d.Text, true
	i.Sender, i.Certainty, i.Source = d.Sender, string(d.Sure), d.Source
	if r.past.Deaths == nil {
		r.past.Deaths = make(map[string]int)
	}
	r.past.Deaths[i.Kind]++
}

// death is what the manager says of the first service, which is the daemon's own (the
// others are restarted with it), and what witnesses have found. They are asked at the
// same time.
func (r *run) death(ctx context.Context) postmortem.Verdict {
	if trouble(r.last) != "" && !isRemains(r.last) {
		return postmortem.Verdict{Cause: notWell} // in which way stands in every report
	}
	r.deaths <- struct{}{} // 300 at once take longer than each of them may
	defer func() { <-r.deaths }()
	found := make(chan postmortem.Evidence, 1)
	go func() { found <- r.evidence(ctx) }()
	said := r.managerSays(ctx)
	e := <-found
	for _, why := range e.Silent {
		r.Log.Log(report.Info, "'%s': cannot learn all of its end: %s", r.report.Name, why)
	}
	return postmortem.Weigh(said, e.Findings)
}

// managerSays is nil if the manager does not know how the service has ended.
func (r *run) managerSays(ctx context.Context) *postmortem.Finding {
	ctx, cancel := context.WithTimeout(ctx, deathTime)
	defer cancel()
	d, err := r.Manager.Death(ctx, r.daemon.Services[0])
	if err != nil {
		r.Log.Log(report.Info, "'%s': the cause is not known: %v", r.report.Name, err)
	}
	if d.Text == "" {
		return nil
	}
	sure := postmortem.Certain
	if !slices.ContainsFunc(r.past.Processes, func(p state.Process) bool { return p.PID == d.PID }) {
		sure = postmortem.Likely // it has died again since: the witnesses are asked about another process
	}
	return &postmortem.Finding{
		Cause: postmortem.Cause(d.Cause), Signal: d.Signal, Text: d.Text, Main: true, Sure: sure, Source: r.Manager.Name(),
	}
}

// evidence asks the witnesses about the processes that are remembered. What happened to
// their numbers before the daemon was last seen up was about other processes; and so was
// all that happened in this boot, if it was last seen in another one.
func (r *run) evidence(ctx context.Context) postmortem.Evidence {
	now := r.memory.now()
	if r.Evidence == nil || r.past.LastUp.Boot == "" {
		return postmortem.Evidence{}
	}
	ctx, cancel := context.WithTimeout(ctx, r.EvidenceTime)
	defer cancel()
	d := postmortem.Dead{
		Daemon: r.daemon.Name, Executable: r.daemon.Spec.Executable, Service: r.daemon.Services[0], Manager: r.Manager.Name(),
		To: now.Up, Wall: now.Time, LastUp: r.past.LastUp.Time,
	}
	if d.Rebooted = r.past.LastUp.Boot != now.Boot; d.Rebooted {
		return r.Evidence(ctx, d)
	}
	d.From = r.past.LastUp.Up
	for _, p := range r.past.Processes {
		d.Processes = append(d.Processes, postmortem.Process{PID: p.PID, Threads: p.Threads})
	}
	return r.Evidence(ctx, d)
}
