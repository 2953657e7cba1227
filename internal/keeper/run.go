package keeper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
	"daemon-keeper/restart"
)

// run is the state of one pass over one daemon.
type run struct {
	*pass
	order  int // in which the daemons were given
	daemon Daemon
	report report.Daemon
	done   chan struct{} // closed at the end: the report is written
	last   check.Verdict // of the last look
	step   func()        // ends what the person at the terminal is shown
}

func (r *run) end() { close(r.done) }

// keep is the flow of a run, from the first verdict on. Each part ends it by
// returning false.
func (r *run) keep(ctx context.Context, first check.Verdict) {
	if v := r.probe(ctx, first, false); r.settle(v) {
		return
	}
	began := time.Now()
	if !r.confirm(ctx) || !r.mayRestart() || !r.dependencies(ctx) || !r.allowed() {
		return
	}
	if !r.turns.take(ctx, r.order, r.daemon.Services) {
		r.leave("this run was interrupted")
		return
	}
	defer r.turns.give(r.daemon.Services)
	services, ok := r.startable(ctx)
	switch {
	case !ok:
		return
	case r.DryRun:
		r.plan(services)
		return
	}
	locks, ok := r.lock()
	if !ok {
		return
	}
	defer locks.Release()
	// Another run, or the restart of another daemon, may have been at work
	// between our look and our lock.
	if v := r.look(ctx); r.settle(v) {
		return
	}
	r.restart(ctx, r.unlessRestarted(services))
	r.report.Took = time.Since(began)
}

// look takes a snapshot, together with others that want one, and judges it.
func (r *run) look(ctx context.Context) check.Verdict {
	v := r.looks.one(ctx, r.daemon.Spec, check.Options{Full: r.Details})
	return r.probe(ctx, v, false)
}

// probe asks the daemon itself, where its Spec says so.
func (r *run) probe(ctx context.Context, v check.Verdict, afterRestart bool) check.Verdict {
	if !v.Pending {
		return v
	}
	if !afterRestart { // few restarts are under way, and they wait for no other's probe
		r.probes <- struct{}{}
		defer func() { <-r.probes }()
	}
	return r.Probe(ctx, r.daemon.Spec, v, afterRestart)
}

// settle reports a verdict that ends the run; only Down does not.
func (r *run) settle(v check.Verdict) bool {
	r.last = v
	r.report.Details = details(r.daemon.Spec, v)
	switch v.State {
	case check.Up:
		r.well(v)
		return true
	case check.Down:
		return false
	}
	r.cannotTell(v.Err)
	return true
}

// well reports a daemon that is not to be restarted, with what is odd about it.
func (r *run) well(v check.Verdict) {
	level, alone := report.Routine, !r.several() // else a line for all will do
	if r.report.Result == report.StillDown {     // which the diary was told
		level, alone = report.Notice, true
	}
	r.report.Result = report.Up
	r.report.PIDs = pids(v)
	if r.daemon.Spec.Rule || len(v.Matches) == 0 {
		r.report.Result = report.Clear
	}
	alarms := texts(v, check.Alarm)
	switch {
	case alarms != "":
		r.report.Result, r.report.Reason = report.Wrong, alarms
		r.Log.Log(report.Error, "'%s' is %s: %s", r.report.Name, r.report.Ill(), alarms)
	case alone && r.report.Result == report.Clear:
		r.Log.Log(level, "'%s' is %s", r.report.Name, r.report.Well())
	case alone:
		r.Log.Log(level, "'%s' is running (%s)", r.report.Name, report.PIDList(r.report.PIDs))
	}
	for _, n := range notices(v) {
		r.Log.Log(n.level, "%s%s", r.inName(), n.text)
		r.report.Notices = append(r.report.Notices, n.text)
	}
}

// inName opens a message that does not name the daemon by itself.
func (r *run) inName() string {
	if r.report.Name == r.daemon.Spec.Executable {
		return ""
	}
	return "'" + r.report.Name + "': "
}

// cannotTell names the daemon, unless it is the whole table that tells nothing:
// that is the same for all of them, and said once.
func (r *run) cannotTell(err error) {
	r.report.Result = report.CannotTell
	r.report.Reason = err.Error()
	if !errors.As(err, new(*check.TableError)) {
		r.report.Reason = r.inName() + r.report.Reason
	}
	r.report.Hint = hint(err)
	r.logOnce(doubt(err), "%s; nothing was touched", r.report.Reason)
}

// doubt: what a person must mend before it can ever work is fatal.
func doubt(err error) report.Level {
	isBlind := errors.As(err, new(*check.BlindError))
	isClouded := errors.As(err, new(*check.CloudedError))
	if isBlind || hint(err) != "" && !isClouded {
		return report.Fatal
	}
	return report.Error
}

// confirm looks again after a while: it may have been a restart in passing.
func (r *run) confirm(ctx context.Context) bool {
	if r.daemon.Recheck > 0 {
		timer := time.NewTimer(r.daemon.Recheck)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			r.cannotTell(fmt.Errorf("interrupted before a second look; at the first '%s' was %s", r.report.Name, standing(r.last)))
			return false
		}
		if v := r.look(ctx); r.settle(v) {
			return false
		}
	}
	if !r.DryRun && !r.daemon.LookOnly {
		r.Log.Log(report.Warning, "'%s' is %s", r.report.Name, standing(r.last))
	}
	r.report.Result = report.StillDown
	r.report.Trouble = trouble(r.last)
	return true
}

// mayRestart: some are only looked at.
func (r *run) mayRestart() bool {
	if len(r.daemon.Services) == 0 && !r.daemon.LookOnly {
		r.report.Reason = "it has no services, so it is only watched"
	}
	return len(r.daemon.Services) > 0 && !r.daemon.LookOnly
}

// dependencies waits for the daemons that this one comes after, and leaves it
// alone if one of them is not up.
func (r *run) dependencies(ctx context.Context) bool {
	if r.DryRun {
		return true
	}
	for _, name := range r.daemon.After {
		other, ok := r.byName[name]
		if !ok {
			continue // its file was refused, and that is reported
		}
		select {
		case <-other.done:
		case <-ctx.Done():
			r.leave("this run was interrupted")
			return false
		}
		switch why := notUp(other.report.Result); {
		case other.report.Result == report.Held: // and so is this one
			r.report.Busy = other.report.Busy
			r.hold(report.Info, fmt.Sprintf("it comes after '%s', %s", name, why))
			return false
		case why != "":
			r.leave(fmt.Sprintf("it comes after '%s', %s", name, why))
			return false
		}
	}
	return true
}

// notUp is why nothing that comes after a daemon is restarted; "" if that is up.
func notUp(r report.Result) string {
	switch r {
	case report.StillDown:
		return "which is down"
	case report.Held:
		return "which is left alone"
	case report.CannotTell:
		return "of which it cannot be told whether it is up"
	}
	return ""
}

// leave leaves a daemon as down as it is.
func (r *run) leave(why string) {
	r.report.Reason = why
	r.Log.Log(report.Error, "'%s' is not restarted: %s", r.report.Name, why)
}

// hold leaves a daemon alone that is down.
func (r *run) hold(level report.Level, why string) {
	r.report.Result = report.Held
	r.report.Reason = why
	r.Log.Log(level, "'%s' is left alone: %s", r.report.Name, why)
}

// restart acts.
func (r *run) restart(ctx context.Context, services []string) {
	p := r.daemon.Procedure
	p.Services = services
	defer context.AfterFunc(ctx, func() {
		r.logOnce(report.Notice, "%v: what was stopped is started, and nothing more is touched", context.Cause(ctx))
	})()
	for _, service := range services {
		r.Manager.Spare(service, func(pid int) bool { return r.isDaemon(service, pid) })
	}
	o := p.Run(ctx, r.Manager, prober{r, lingering(r.last)}, r)
	r.report.PIDs = o.PIDs
	for _, step := range p.Steps()[len(o.Steps):] {
		r.report.Steps = append(r.report.Steps, report.Step{
			Verb: string(step.Verb), Service: step.Service, Skipped: true, Err: "this run was interrupted",
		})
	}
	name, pids := r.report.Name, report.PIDList(o.PIDs)
	switch {
	case o.Err != nil:
		r.report.Reason = o.Err.Error()
		r.Log.Log(report.Error, "cannot tell whether '%s' is running again: %v", name, o.Err)
	case !o.Up():
		r.report.Reason = whyStillDown(o, p, r.last, r.report.Trouble)
		r.report.Hint = "look at what the service has printed and at the daemon's own log; then run its start by hand"
		r.Log.Log(report.Error, "'%s' is still %s: %s", name, stillDown(r.last), r.report.Reason)
	default:
		r.report.Result = report.BroughtBack
		r.Log.Log(report.Notice, "'%s' is running again (%s)", name, pids)
	}
}

// isDaemon tells whether a process is of a daemon that the service starts, this one
// or another, well or not. If that cannot be told, it may be.
func (p *pass) isDaemon(service string, pid int) bool {
	for _, r := range p.runs {
		if !slices.Contains(r.daemon.Services, service) {
			continue
		}
		v := p.looks.one(context.Background(), r.daemon.Spec, check.Options{Full: true})
		if v.State == check.Unknown || slices.Contains(pids(v), pid) {
			return true
		}
	}
	return false
}

// unlessRestarted leaves out the services that were restarted in this run for
// another daemon.
func (r *run) unlessRestarted(services []string) []string {
	var left []string
	for _, service := range services {
		by := r.turns.claim(service, r.report.Name)
		if by == r.report.Name {
			left = append(left, service)
			continue
		}
		r.report.Steps = append(r.report.Steps, report.Step{
			Verb: string(restart.Start), Service: service, Skipped: true, Err: fmt.Sprintf("it was restarted for '%s' already", by),
		})
	}
	return left
}

func whyStillDown(o restart.Outcome, p restart.Procedure, last check.Verdict, trouble string) string {
	unwell := texts(last, check.Restart)
	switch {
	case o.Interrupted:
		return "this run was interrupted"
	case o.Lost > 0:
		return fmt.Sprintf("it came up %s and did not stay up for %s", times(o.Lost), report.Limit(p.Settle))
	case unwell != "" && unwell == trouble: // which stands beside it
		return fmt.Sprintf("within %s it did not get well", report.Limit(p.Verify))
	case len(last.Matches) > 0 && unwell != "":
		return fmt.Sprintf("within %s it did not get well: %s", report.Limit(p.Verify), unwell)
	}
	return fmt.Sprintf("it did not appear within %s", report.Limit(p.Verify))
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// prober is restart's view of the daemon.
type prober struct {
	*run
	before []int // its processes, if only other ones show that it was restarted
}

// lingering are the processes of a daemon that is down for what no look behind a
// restart can tell: how busy it is, and how old.
func lingering(v check.Verdict) []int {
	if slices.ContainsFunc(v.Faults, func(f check.Fault) bool {
		return f.Severity == check.Restart && (f.Aspect == check.CPU || f.Aspect == check.Age)
	}) {
		return pids(v)
	}
	return nil
}

// Probe looks at every process, because after an incident people want to see
// what was excluded. A daemon that has just been started is young, whatever its
// rules say of its age.
func (p prober) Probe(ctx context.Context) ([]int, error) {
	spec := p.daemon.Spec
	spec.MinAge = 0
	v := p.looks.one(ctx, spec, check.Options{Full: true})
	v = p.probe(ctx, v, true)
	if v.State == check.Up && len(p.before) > 0 && isSubset(pids(v), p.before) {
		v.State = check.Down
		v.Faults = append(v.Faults, check.Fault{Severity: check.Restart, Text: "no other process than before (" + report.PIDList(p.before) + ")"})
	}
	p.last = v
	p.report.Details = details(spec, v)
	switch v.State {
	case check.Unknown:
		return nil, v.Err
	case check.Down:
		return nil, nil
	}
	return pids(v), nil
}

// isSubset tells whether none is new.
func isSubset(list, of []int) bool {
	return !slices.ContainsFunc(list, func(pid int) bool { return !slices.Contains(of, pid) })
}

// trouble is what is wrong with a daemon of which a process runs.
func trouble(v check.Verdict) string {
	if len(v.Matches) == 0 {
		return ""
	}
	return texts(v, check.Restart)
}

// standing is how a daemon is that is down.
func standing(v check.Verdict) string {
	if t := trouble(v); t != "" {
		return "not well: " + t
	}
	return "not running"
}

func stillDown(v check.Verdict) string {
	if len(v.Matches) == 0 {
		return "not running"
	}
	return "not well"
}

// texts are the faults of one severity.
func texts(v check.Verdict, s check.Severity) string {
	var list []string
	for _, f := range v.Faults {
		if f.Severity == s {
			list = append(list, f.Text)
		}
	}
	return strings.Join(list, "; ")
}
