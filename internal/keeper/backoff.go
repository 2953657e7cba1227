package keeper

import (
	"fmt"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
)

// backsOff reports whether a daemon that keeps dying has to wait for its next try. People are
// told once at each step of the back-off.
func (t *task) backsOff() bool {
	if t.store() == nil {
		return false
	}
	now := t.memory.now()
	wait, tally := t.past.Tally.Wait(t.daemon.Policy, now)
	moved := tally.Last != t.past.Tally.Last
	t.past.Tally = tally
	switch {
	case wait <= 0:
		return false
	case !t.Watching && t.atWork():
		return true
	case moved && t.save(true, t) != nil: // a wait that cannot be remembered would start again in each run
		return false
	}
	next := now.Time.Add(wait)
	t.report.NextTry = next
	t.report.Reason = t.triedSoFar(tally.Tries) + fmt.Sprintf("; the next try is in %s, at %s", terminal.Seconds(wait), next.Local().Format(time.TimeOnly))
	step := tally.Tries + 1 // people must be told of the first step, too
	if tally.Told == step {
		t.report.Known = t.acts() // commands that only ask always get the answer
		return true
	}
	t.past.Tally.Told = step
	t.transition = true
	t.Log.Log(report.Warning, "'%s' waits for its next try: %s", t.report.Name, t.report.Reason)
	return true
}

// noteNextTry reports when a daemon that this run could not bring back is tried again.
func (t *task) noteNextTry() {
	if t.report.Result != report.StillDown || t.store() == nil || t.DryRun {
		return
	}
	now := t.memory.now()
	wait, _ := t.past.Tally.Wait(t.daemon.Policy, now)
	t.report.NextTry = now.Time.Add(max(wait, 0))
}

// triedSoFar sums up the tries. Earlier ones may have succeeded.
func (t *task) triedSoFar(tries int) string {
	i := t.past.Incident
	switch {
	case i != nil && i.LastTry != "":
		return "it was tried " + times(tries) + " to bring it back, the last time in vain: " + i.LastTry
	case tries > 0 && !t.past.LastUp.Before(t.past.Tally.Last):
		return "it was brought back " + times(tries) + " lately, and is down again"
	case tries == 0:
		return "it was not yet tried to bring it back"
	}
	return "it was tried " + times(tries) + " to bring it back"
}

// tries counts a try before it is made: a run that dies has made its try, too.
func (t *task) tries() {
	now := t.memory.now()
	t.past.Tally = t.past.Tally.Tried(now)
	t.acted, t.transition = true, true
	t.past.Totals.Restarts++
	if i := t.past.Incident; i != nil {
		i.Tries++
	}
	t.release(now)
	_ = t.save(true, t)
}
