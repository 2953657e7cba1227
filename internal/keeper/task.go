package keeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// task is the work of one run on one daemon, and what it knows about it.
type task struct {
	*pass
	order   int // the position in the list of daemons
	daemon  Daemon
	report  report.Daemon
	done    chan struct{} // closed when the report is written
	last    check.Verdict // the last verdict
	absence absence       // what was known when the manager was last asked because nothing counts
	step    func()        // ends what the terminal shows
	old     *old          // the daemon before its service is stopped; nil: none of its processes runs

	unmet error // why old may lack processes; nil: it does not

	past       past.Daemon    // what is remembered of the daemon
	inFile     past.Daemon    // the same, as it is in the file
	saved      bool           // the last save has succeeded; otherwise another run has written in the meantime
	over       *past.Incident // an ended incident that is not in the ledger yet
	tellEnd    func()         // announces its end; nil: nobody is told
	left       *state.Intent  // what a run that has died has left
	journal    *state.Journal // the journal of the current work; nil: none
	stopBegan  past.Stamp
	spared     map[string]*rcd.Wish // services that somebody wants to stay down
	locks      *state.Locks         // of its services
	locked     bool                 // we hold its locks: no other run knows better
	acted      bool                 // we have held its locks and have done something
	finished   bool                 // finishing the work of another run has brought it back
	stuck      bool                 // the machine has been booting for too long
	starts     []time.Time          // starts by the supervisor that this run has seen
	flaps      bool                 // its supervisor restarts it again and again
	doubt      string               // why it is unknown whether the counted processes are only leftovers
	others     bool                 // another run is at work and knows better
	overdues   []string             // work that takes too long
	transition bool                 // something has changed that must be remembered
}

func (t *task) end() { close(t.done) }

// keep is the flow of a task after the first verdict. Each part reports whether it has
// settled the outcome; then the flow ends.
func (t *task) keep(ctx context.Context, first check.Verdict) {
	if t.left != nil {
		t.finish(ctx, first)
		first = t.looks.one(ctx, t.daemon.Spec, t.options())
	}
	if v := t.probe(ctx, first, false); t.settle(ctx, v) {
		return
	}
	began := time.Now()
	switch {
	case !t.confirm(ctx):
		return
	case t.Watching:
		t.watch(ctx)
		return
	}
	t.sawDown(standing(t.last))
	switch {
	case !t.mayRestart(), !t.dependencies(ctx):
		if t.report.Result == report.StillDown {
			t.announce(ctx)
		}
		return
	case !t.allowed(ctx):
		if t.flaps {
			t.tellCause(ctx)
		}
		return
	}
	t.tellCause(ctx)
	if t.backsOff() {
		return
	}
	if !t.turns.take(ctx, t.order, t.lockNames(t.daemon.Services)) {
		t.leave("this run was interrupted")
		return
	}
	defer t.turns.give(t.lockNames(t.daemon.Services))
	services, ok := t.startable(ctx)
	switch {
	case !ok:
		return
	case t.DryRun:
		t.plan(services)
		return
	}
	locks, ok := t.lock(ctx)
	if !ok {
		return
	}
	t.locked, t.locks = true, locks
	defer func() {
		t.locked = false
		locks.Release()
	}()
	t.awaitOrphans(ctx)
	t.reload()
	// Another run, or the restart of another daemon, may have been at work between our look
	// and our lock.
	if v := t.lookAtAll(ctx); t.settle(ctx, v) {
		return
	}
	if !t.isDown(ctx) || t.pausedMeanwhile() || t.workedMeanwhile(ctx) {
		return
	}
	t.restart(ctx, t.unlessRestarted(services))
	t.report.Took = time.Since(began)
	t.noteNextTry()
}

// look takes a snapshot, together with other tasks that want one, and judges it.
func (t *task) look(ctx context.Context) check.Verdict {
	v := t.looks.one(ctx, t.daemon.Spec, t.options())
	return t.probe(ctx, v, false)
}

// lookAtAll looks at all processes that count, not only at as many as are needed for a
// decision.
func (t *task) lookAtAll(ctx context.Context) check.Verdict {
	opts := t.options()
	opts.Measure = true
	return t.probe(ctx, t.looks.one(ctx, t.daemon.Spec, opts), false)
}

// probe asks the daemon itself, if its Spec says so. It also questions a daemon that may
// consist of leftovers only.
func (t *task) probe(ctx context.Context, v check.Verdict, afterRestart bool) check.Verdict {
	if afterRestart { // few restarts are under way, and they do not wait for the probes of others
		return t.askItself(ctx, v, true)
	}
	if v.Pending {
		t.probes <- struct{}{}
		v = t.askItself(ctx, v, false)
		<-t.probes
	}
	return t.question(ctx, v)
}

func (t *task) askItself(ctx context.Context, v check.Verdict, afterRestart bool) check.Verdict {
	if !v.Pending {
		return v
	}
	return t.Probe(ctx, t.daemon.Spec, v, afterRestart)
}

// see takes over the processes of a verdict.
func (t *task) see(v check.Verdict) {
	t.last = v
	t.report.Processes = t.processes(v)
	t.report.Details = t.details(t.daemon.Spec, v)
}

// settle reports a verdict. It returns true if that ends the task: every verdict but Down
// does.
func (t *task) settle(ctx context.Context, v check.Verdict) bool {
	t.see(v)
	switch v.State {
	case check.Up:
		t.well(ctx, v)
		return true
	case check.Down:
		return false
	}
	t.cannotTell(v.Err)
	return true
}

// well reports a daemon that needs no restart, with anything odd about it.
func (t *task) well(ctx context.Context, v check.Verdict) {
	v = t.superviseUp(ctx, v)
	level, alone := report.Routine, !t.several() // with several daemons one line covers all
	if t.report.Result == report.StillDown {     // this was already logged
		level, alone = report.Notice, true
	}
	t.report.Result = report.Up
	if t.finished {
		t.report.Result = report.BroughtBack
	}
	if t.daemon.Spec.Rule || len(v.Matches) == 0 {
		t.report.Result = report.Clear
	}
	alarms := texts(v, check.Alarm)
	switch {
	case alarms != "":
		t.report.Result, t.report.Reason = report.Wrong, alarms
		t.Log.Record(report.Error, "'%s' is %s: %s", t.report.Name, t.report.Ill(), alarms)
	case alone && t.report.Result == report.Clear:
		t.Log.Log(level, "'%s' is %s", t.report.Name, t.report.Well())
	case alone:
		t.Log.Log(level, "'%s' is running (%s)", t.report.Name, report.PIDList(t.report.PIDs()))
	}
	t.noteFrozen(v)
	for _, n := range notices(v) {
		t.notice(n.level, n.text)
	}
	t.noticeOldImage(v)
	if t.doubt != "" {
		t.notice(report.Notice, t.doubt)
	}
	t.sawUp(ctx, v)
}

// inName returns a prefix that names the daemon, for messages that do not.
func (t *task) inName() string {
	if t.report.Name == t.daemon.Spec.Executable {
		return ""
	}
	return "'" + t.report.Name + "': "
}

// cannotTell reports that the daemon's state is unknown. The message names the daemon, unless
// the process table as a whole cannot be read: that message is the same for all and logged
// once. A problem that a person must fix is logged once as long as it stays the same: a
// removed program is missing in each minute's run.
func (t *task) cannotTell(err error) {
	t.report.Result = report.CannotTell
	t.report.Reason = err.Error()
	if !errors.As(err, new(*check.TableError)) {
		t.report.Reason = t.inName() + t.report.Reason
	}
	t.report.Hint = words.Hint(err)
	if t.store() != nil && !t.acted { // an unknown state changes nothing but what people know
		t.past = t.inFile.Clone()
	}
	level := doubt(err)
	if level == report.Fatal && !t.daemon.LookOnly && !t.news(t.report.Reason) {
		return
	}
	t.once(t.Log.Record, level, "%s; nothing was touched", t.report.Reason)
}

// doubt returns the level of an error. An error that persists until a person fixes it is
// fatal.
func doubt(err error) report.Level {
	isBlind := errors.As(err, new(*proctable.BlindError))
	isClouded := errors.As(err, new(*check.CloudedError))
	if isBlind || words.Hint(err) != "" && !isClouded {
		return report.Fatal
	}
	return report.Error
}

// confirm looks again after a while: somebody may have been restarting the daemon.
func (t *task) confirm(ctx context.Context) bool {
	if wait := t.recheck(); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			t.cannotTell(fmt.Errorf("interrupted before a second look; at the first '%s' was %s", t.report.Name, standing(t.last)))
			return false
		}
		if v := t.look(ctx); t.settle(ctx, v) {
			return false
		}
	}
	if !t.isDown(ctx) {
		return false
	}
	t.report.Result = report.StillDown
	t.report.Trouble = trouble(t.last)
	return true
}

// mayRestart reports whether the daemon may be restarted. Some are only watched.
func (t *task) mayRestart() bool {
	if len(t.daemon.Services) == 0 && !t.daemon.LookOnly {
		t.report.Reason = "it has no services, so it is only watched"
		t.news(t.report.Reason)
	}
	return len(t.daemon.Services) > 0 && !t.daemon.LookOnly
}

// hold leaves a daemon that is down alone, and reports why.
func (t *task) hold(level report.Level, why string) {
	t.report.Result = report.Held
	t.report.Reason = why
	t.Log.Log(level, "'%s' is left alone: %s", t.report.Name, why)
}

// leaveTo leaves a daemon that is down to another run, which restarts it.
func (t *task) leaveTo(other error) {
	t.report.Result, t.report.Busy, t.report.Reason = report.Held, true, other.Error()
	t.Log.Log(report.Info, "'%s' is down: %v", t.report.Name, other)
}

// trouble says what is wrong with a daemon that has a running process. One that is stopped by
// a signal does not answer, and does not end until it is continued.
func trouble(v check.Verdict) string {
	if len(v.Matches) == 0 {
		return ""
	}
	text := texts(v, check.Restart)
	for _, m := range v.Matches {
		if text != "" && m.Stopped {
			return text + "; " + stoppedText(m)
		}
	}
	return text
}

func stoppedText(m check.Match) string {
	return fmt.Sprintf("process %d of '%s' is stopped by a signal or a debugger", m.PID, m.Exe)
}

// standing says in which state a daemon is that is down.
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
