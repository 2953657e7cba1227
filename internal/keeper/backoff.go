package keeper

import (
	"fmt"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
)

// backsOff reports whether a daemon that keeps dying has to wait for its next try.
// People are told once for each step.
func (r *task) backsOff() bool {
	if r.store() == nil {
		return false
	}
	now := r.memory.now()
	wait, tally := r.past.Tally.Wait(r.daemon.Policy, now)
	moved := tally.Last != r.past.Tally.Last
	r.past.Tally = tally
	switch {
	case wait <= 0:
		return false
	case !r.Watching && r.atWork():
		return true
	case moved && r.save(true, r) != nil: // a wait that cannot be remembered would begin anew each time
		return false
	}
	next := now.Time.Add(wait)
	r.report.NextTry = next
	r.report.Reason = r.triedSoFar(tally.Tries) + fmt.Sprintf("; the next try is in %s, at %s", terminal.Seconds(wait), next.Local().Format(time.TimeOnly))
	step := tally.Tries + 1 // of the first people must be told, too
	if tally.Told == step {
		r.report.Known = r.acts() // who asks is told
		return true
	}
	r.past.Tally.Told = step
	r.transition = true
	r.Log.Log(report.Warning, "'%s' waits for its next try: %s", r.report.Name, r.report.Reason)
	return true
}

// noteNextTry tells when a daemon that this run could not bring back is tried again.
func (r *task) noteNextTry() {
	if r.report.Result != report.StillDown || r.store() == nil || r.DryRun {
		return
	}
	now := r.memory.now()
	wait, _ := r.past.Tally.Wait(r.daemon.Policy, now)
	r.report.NextTry = now.Time.Add(max(wait, 0))
}

// triedSoFar is what the tries have come to, of which the earlier ones may have worked.
func (r *task) triedSoFar(tries int) string {
	i := r.past.Incident
	switch {
	case i != nil && i.LastTry != "":
		return "it was tried " + times(tries) + " to bring it back, the last time in vain: " + i.LastTry
	case tries > 0 && !r.past.LastUp.Before(r.past.Tally.Last):
		return "it was brought back " + times(tries) + " lately, and is down again"
	case tries == 0:
		return "it was not yet tried to bring it back"
	}
	return "it was tried " + times(tries) + " to bring it back"
}

// tries counts a try, before it is made: a run that dies has tried, too.
func (r *task) tries() {
	now := r.memory.now()
	r.past.Tally = r.past.Tally.Tried(now)
	r.acted, r.transition = true, true
	r.past.Totals.Restarts++
	if i := r.past.Incident; i != nil {
		i.Tries++
	}
	r.release(now)
	_ = r.save(true, r)
}
