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

// sawDown remembers that a daemon is down, and opens an incident.
func (t *task) sawDown(reason string) {
	switch {
	case t.DryRun || t.daemon.LookOnly:
		return
	case t.store() == nil:
		t.Log.Log(report.Warning, "'%s' is %s", t.report.Name, reason)
		return
	}
	now := t.memory.now()
	if t.past.Incident == nil {
		t.past.Incident = &past.Incident{
			Daemon: t.daemon.Name, LastUp: now.Retell(t.past.LastUp).Time, Down: now.Time, Reason: reason, Outcome: words.StillDown, Began: now,
			Death: t.numbers(now).Bounded(), // what is in the file is bounded, too
		}
		t.transition = true
		t.past.Totals.Incidents++
		t.Log.Log(report.Warning, "'%s' is %s", t.report.Name, reason)
	}
	if !t.past.UpSince.IsZero() {
		t.past.Ran, t.past.UpSince = past.Span{From: t.past.UpSince, To: t.past.LastUp}, past.Stamp{}
	}
}

// endIncident ends the incident, if there is one.
func (t *task) endIncident(ctx context.Context, now past.Stamp) {
	if t.past.Incident == nil {
		return
	}
	i := closed(t.past, now, words.CameBack)
	by := ""
	if !t.acted {
		by = t.forAnother()
	}
	switch {
	case t.acted:
		i.Outcome = words.BroughtBack
	case by != "":
		i.Outcome, i.For = words.BroughtBack, by
	case i.Tries == 0 && 2*i.Held > i.Seconds: // it was left alone for most of the time
		i.Outcome = words.LeftAlone
	}
	t.past.Totals.Downtime += i.Seconds - i.Held
	took := terminal.Seconds(t.past.Incident.Lasts(now))
	if !i.Died.IsZero() {
		t.report.Dead = t.past.Incident.Lasts(now)
	}
	switch {
	case t.acted, t.Watching: // the restart is in the log
	case by != "":
		t.Log.Log(report.Notice, "'%s' is up again after %s: its service was restarted for '%s'", t.report.Name, took, by)
	default:
		t.Log.Log(report.Notice, "'%s' is up again by itself, after %s", t.report.Name, took)
	}
	t.transition = true
	t.over = i
	if i.Kind != "" { // otherwise it was left alone, or nobody had to act
		t.past.Died = &past.Died{Found: now.Retell(t.past.Incident.Began), Up: now, Seconds: i.Seconds, Cause: i.Cause}
	}
	if !t.past.Reminded.IsZero() { // somebody was told that it began
		end := t.transitionNow(words.End)
		t.tellEnd = func() { t.teller.add(ctx, end) }
	}
	t.past.Incident, t.past.Reminded = nil, past.Stamp{}
}

// conclude announces the end of an incident. It is called only after the memory no longer has
// the incident as the current one.
func (t *task) conclude() {
	if t.over == nil {
		return
	}
	if err := t.store().Append(*t.over); err != nil {
		t.forgotten(err)
	}
	if t.tellEnd != nil {
		t.tellEnd()
	}
	t.over, t.tellEnd = nil, nil
}

// release ends the hold that has kept a daemon from being restarted.
func (t *task) release(now past.Stamp) {
	if t.past.Held == "" {
		return
	}
	if i := t.past.Incident; i != nil {
		i.Held += now.Since(t.past.HeldSince).Seconds()
	}
	t.past.Held, t.past.HeldWhy, t.past.HeldSince = "", "", past.Stamp{}
}

// noteStep remembers a step in the incident, for people. It also remembers a stop, so that it
// is not taken for the admin's.
func (t *task) noteStep(d restart.Done) {
	if d.Verb == words.Stop {
		t.stoppedByUs(d.Service, t.stopBegan, t.memory.now())
	}
	i := t.past.Incident
	if i == nil {
		return
	}
	const most = 40
	i.Steps = append(i.Steps, words.Step{Verb: d.Verb, Service: d.Service, Seconds: d.Took.Seconds(), Exit: exitOf(d.Err), Error: textOf(d.Err)})
	i.Steps = i.Steps[max(0, len(i.Steps)-most):]
}

// exitOf returns the exit status of a command; nil if it has none.
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
