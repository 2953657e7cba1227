package keeper

import (
	"context"
	"fmt"
	"slices"

	"daemon-keeper/check"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
	"daemon-keeper/restart"
)

// restart restarts the services and reports the outcome.
func (t *task) restart(ctx context.Context, services []string) {
	p := t.daemon.Procedure
	p.Services = services
	defer context.AfterFunc(ctx, func() {
		t.logOnce(report.Notice, "%v: what was stopped is started, and nothing more is touched", context.Cause(ctx))
	})()
	t.meet(ctx, services)
	began := t.memory.now()
	t.tries()
	t.intend(services)
	o := p.Run(ctx, controller{t.pass, t.locks, t.saysStep}, prober{t, lingering(t.last)}, t)
	t.endJournal()
	t.past.Tally.Last = t.memory.now()
	for _, step := range p.Steps()[len(o.Steps):] {
		t.report.Steps = append(t.report.Steps, report.Step{
			Verb: step.Verb, Service: step.Service, Skipped: true, Err: "this run was interrupted",
		})
	}
	name, pids := t.report.Name, report.PIDList(o.PIDs)
	switch {
	case o.Err != nil:
		t.report.Reason = o.Err.Error()
		t.Log.Log(report.Error, "cannot tell whether '%s' is running again: %v", name, o.Err)
	case !o.Up():
		t.report.Reason = whyStillDown(o, p, t.last, t.report.Trouble)
		t.report.Hint = "look at what the service has printed and at the daemon's own log; then run its start by hand"
		if !o.Interrupted && len(t.last.Matches) == 0 {
			t.report.Reason += t.endedAgain(ctx, began) + t.nearest(ctx, began)
		}
		if i := t.past.Incident; i != nil {
			i.LastTry = failedStart(o) + t.report.Reason
		}
		t.Log.Log(report.Error, "'%s' is still %s: %s", name, stillDown(t.last), t.report.Reason)
	default:
		t.report.Result = report.BroughtBack
		t.Log.Log(report.Notice, "'%s' is running again (%s)", name, pids)
		t.sawUp(ctx, t.last)
	}
	t.whatIsLeft()
	_ = t.save(true, t)
}

// saysStep reports a side effect of a step.
func (t *task) saysStep(text string) {
	t.Log.Log(report.Notice, "%s", text)
	t.report.Notices = append(t.report.Notices, text)
}

// isDaemon reports whether a process belongs to a daemon that the service starts, this one or
// another, healthy or not. If that is unknown, it returns true.
func (p *pass) isDaemon(service string, pid int) bool {
	for _, t := range p.tasks {
		if !slices.Contains(t.daemon.Services, service) {
			continue
		}
		v := p.looks.one(context.Background(), t.daemon.Spec, check.Options{Full: true})
		if v.State == check.Unknown || slices.Contains(pids(v), pid) {
			return true
		}
	}
	return false
}

// unlessRestarted leaves out services that this run has already restarted for another daemon.
func (t *task) unlessRestarted(services []string) []string {
	var left []string
	for _, service := range services {
		by := t.turns.claim(t.lockName(service), t.report.Name)
		if by == t.report.Name {
			left = append(left, service)
			continue
		}
		t.report.Steps = append(t.report.Steps, report.Step{
			Verb: words.Start, Service: service, Skipped: true, Err: fmt.Sprintf("it was restarted for '%s' already", by),
		})
	}
	return left
}

// endedAgain asks how the daemon that was just started has ended. The earlier death is the
// cause of the incident, and may differ.
func (t *task) endedAgain(ctx context.Context, began past.Stamp) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.EvidenceTime)
	defer cancel()
	d, err := t.Manager.Death(ctx, t.daemon.Services[0])
	isOld := slices.ContainsFunc(t.past.Processes, func(p past.Process) bool { return p.PID == d.PID })
	if err != nil || d.Text == "" || isOld || d.Ago > t.memory.now().Since(began) { // the start has not led to a process
		return ""
	}
	if d.See != "" {
		t.report.Hint = "see what it has said: " + d.See
	}
	return ": " + d.Text
}

func whyStillDown(o restart.Outcome, p restart.Procedure, last check.Verdict, said string) string {
	unwell := trouble(last)
	switch {
	case o.Interrupted:
		return "this run was interrupted"
	case o.Failed:
		return "its service has failed again"
	case o.Lost > 0 && unwell != "":
		return fmt.Sprintf("it came up %s and was not well for %s: %s", times(o.Lost), terminal.Limit(p.Settle), unwell)
	case o.Lost > 0:
		return fmt.Sprintf("it came up %s and did not stay up for %s", times(o.Lost), terminal.Limit(p.Settle))
	case unwell != "" && unwell == said: // the same text is shown beside it
		return fmt.Sprintf("within %s it did not get well", terminal.Limit(p.Verify))
	case len(last.Matches) > 0 && unwell != "":
		return fmt.Sprintf("within %s it did not get well: %s", terminal.Limit(p.Verify), unwell)
	}
	return fmt.Sprintf("it did not appear within %s", terminal.Limit(p.Verify))
}

// failedStart returns why the start of a service has failed. The steps of the report show it
// during this run; the reason keeps it for later.
func failedStart(o restart.Outcome) string {
	for _, step := range o.Steps {
		if step.Verb == words.Start && step.Err != nil && !step.Slow {
			return step.Err.Error() + "; "
		}
	}
	return ""
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// prober shows the daemon to package restart.
type prober struct {
	*task
	before []int // its processes before, if only new ones prove that it was restarted
}

// lingering lists the processes of a daemon that is down for a fault that a look after a
// restart cannot see: CPU use, age, or being leftovers.
func lingering(v check.Verdict) []int {
	if slices.ContainsFunc(v.Faults, func(f check.Fault) bool {
		return f.Severity == check.Restart && (f.Aspect == check.CPU || f.Aspect == check.Age || f.Aspect == check.MainEnded)
	}) {
		return pids(v)
	}
	return nil
}

// isRemains reports whether a daemon is down although leftovers of it run.
func isRemains(v check.Verdict) bool {
	return slices.ContainsFunc(v.Faults, func(f check.Fault) bool { return f.Aspect == check.MainEnded })
}

// Probe looks at every process, because after an incident people want to see what was
// excluded. Criteria about age are ignored: a daemon that has just been started is young.
func (p prober) Probe(ctx context.Context) ([]int, error) {
	spec := p.daemon.Spec
	spec.MinAge = 0
	opts := p.options()
	opts.Full = true
	v := p.looks.one(ctx, spec, opts)
	v = p.probe(ctx, v, true)
	if v.State == check.Up && len(p.before) > 0 && isSubset(pids(v), p.before) {
		v.State = check.Down
		v.Faults = append(v.Faults, check.Fault{Severity: check.Restart, Text: "no other process than before (" + report.PIDList(p.before) + ")"})
	}
	if v.State == check.Up {
		v.Matches = newOnes(v.Matches, p.before)
	}
	p.see(v)
	switch v.State {
	case check.Unknown:
		return nil, v.Err
	case check.Down:
		return nil, nil
	}
	return pids(v), nil
}

// HasFailed asks the manager of the daemon's own service, the first. While somebody is at
// work on it, it may still come up.
func (p prober) HasFailed(ctx context.Context) bool {
	c, err := p.Manager.Condition(ctx, p.daemon.Services[0])
	return err == nil && c.Failed && c.Work == nil
}

// newOnes lists the processes that were not there before: leftovers do not show that the
// daemon will stay up.
func newOnes(matches []check.Match, before []int) []check.Match {
	return slices.DeleteFunc(slices.Clone(matches), func(m check.Match) bool { return slices.Contains(before, m.PID) })
}

// isSubset reports whether all of list are in of.
func isSubset(list, of []int) bool {
	return !slices.ContainsFunc(list, func(pid int) bool { return !slices.Contains(of, pid) })
}
