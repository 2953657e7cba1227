package keeper

import (
	"context"
	"errors"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
	"daemon-keeper/restart"
)

// sawDown remembers a daemon that is down, and opens an incident.
func (r *task) sawDown(reason string) {
	switch {
	case r.DryRun || r.daemon.LookOnly:
		return
	case r.store() == nil:
		r.Log.Log(report.Warning, "'%s' is %s", r.report.Name, reason)
		return
	}
	now := r.memory.now()
	if r.past.Incident == nil {
		r.past.Incident = &past.Incident{
			Daemon: r.daemon.Name, LastUp: now.Retell(r.past.LastUp).Time, Down: now.Time, Reason: reason, Outcome: words.StillDown, Began: now,
			Death: r.numbers(now).Bounded(), // what is in the file is bounded, too
		}
		r.transition = true
		r.past.Totals.Incidents++
		r.Log.Log(report.Warning, "'%s' is %s", r.report.Name, reason)
	}
	if !r.past.UpSince.IsZero() {
		r.past.Ran, r.past.UpSince = past.Span{From: r.past.UpSince, To: r.past.LastUp}, past.Stamp{}
	}
}

// endIncident ends the incident, if there is one.
func (r *task) endIncident(ctx context.Context, now past.Stamp) {
	if r.past.Incident == nil {
		return
	}
	i := closed(r.past, now, words.CameBack)
	by := ""
	if !r.acted {
		by = r.forAnother()
	}
	switch {
	case r.acted:
		i.Outcome = words.BroughtBack
	case by != "":
		i.Outcome, i.For = words.BroughtBack, by
	case i.Tries == 0 && 2*i.Held > i.Seconds: // for most of the time
		i.Outcome = words.LeftAlone
	}
	r.past.Totals.Downtime += i.Seconds - i.Held
	took := terminal.Seconds(r.past.Incident.Lasts(now))
	if !i.Died.IsZero() {
		r.report.Dead = r.past.Incident.Lasts(now)
	}
	switch {
	case r.acted, r.Watching: // the diary has the restart
	case by != "":
		r.Log.Log(report.Notice, "'%s' is up again after %s: its service was restarted for '%s'", r.report.Name, took, by)
	default:
		r.Log.Log(report.Notice, "'%s' is up again by itself, after %s", r.report.Name, took)
	}
	r.transition = true
	r.over = i
	if i.Kind != "" { // else it was left alone, or nobody had to act
		r.past.Died = &past.Died{Found: now.Retell(r.past.Incident.Began), Up: now, Seconds: i.Seconds, Cause: i.Cause}
	}
	if !r.past.Reminded.IsZero() { // somebody was told of its beginning
		end := r.transitionNow(words.End)
		r.tellEnd = func() { r.teller.add(ctx, end) }
	}
	r.past.Incident, r.past.Reminded = nil, past.Stamp{}
}

// conclude makes known that an incident is over, once it is no longer remembered as
// the one under way.
func (r *task) conclude() {
	if r.over == nil {
		return
	}
	if err := r.store().Append(*r.over); err != nil {
		r.forgotten(err)
	}
	if r.tellEnd != nil {
		r.tellEnd()
	}
	r.over, r.tellEnd = nil, nil
}

// release ends what has kept a daemon from being restarted.
func (r *task) release(now past.Stamp) {
	if r.past.Held == "" {
		return
	}
	if i := r.past.Incident; i != nil {
		i.Held += now.Since(r.past.HeldSince).Seconds()
	}
	r.past.Held, r.past.HeldWhy, r.past.HeldSince = "", "", past.Stamp{}
}

// noteStep remembers a step: in the incident for people, and a stop so that it is not
// taken for the admin's.
func (r *task) noteStep(d restart.Done) {
	if d.Verb == words.Stop {
		r.stoppedByUs(d.Service, r.stopBegan, r.memory.now())
	}
	i := r.past.Incident
	if i == nil {
		return
	}
	const most = 40
	i.Steps = append(i.Steps, words.Step{Verb: d.Verb, Service: d.Service, Seconds: d.Took.Seconds(), Exit: exitOf(d.Err), Error: textOf(d.Err)})
	i.Steps = i.Steps[max(0, len(i.Steps)-most):]
}

// exitOf is the exit status of a command, if it has one.
func exitOf(err error) *int {
	if err == nil {
		return new(int)
	}
	var failed *rcd.CommandError
	if errors.As(err, &failed) && !failed.TimedOut && failed.Status >= 0 {
		return &failed.Status
	}
	return nil
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
