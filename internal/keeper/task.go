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

// task is what one run does about one daemon, and what it knows of it.
type task struct {
	*pass
	order  int // in which the daemons were given
	daemon Daemon
	report report.Daemon
	done   chan struct{} // closed at the end: the report is written
	last   check.Verdict // of the last look
	step   func()        // ends what the person at the terminal is shown
	old    *old          // the daemon before its service is stopped; nil: none of it runs

	unmet error // why that could not be told for sure

	past       past.Daemon    // what is remembered of it
	inFile     past.Daemon    // what of that is in the file
	saved      bool           // at the last try; else another run has written meanwhile
	over       *past.Incident // that has ended, and is not in the ledger yet
	tellEnd    func()         // of that; nil: nobody is to be told
	left       *state.Intent  // what a run that has died has left
	journal    *state.Journal // of what is being done; nil: none
	stopBegan  past.Stamp
	spared     map[string]*rcd.Wish // services that somebody wants to be left down
	locks      *state.Locks         // of its services
	locked     bool                 // we have its locks: no other run knows better
	acted      bool                 // we have had its locks, and have done something
	finished   bool                 // what another run has left, and that brought it back
	stuck      bool                 // the machine boots, and does so for too long
	starts     []time.Time          // of the daemon by its supervisor, which this run has seen
	flaps      bool                 // its supervisor starts it again and again
	doubt      string               // whether what counts is what is left of it cannot be told
	others     bool                 // another run is at work, and knows better
	overdues   []string             // work that takes too long
	transition bool                 // something has changed that must not be forgotten
}

func (r *task) end() { close(r.done) }

// keep is the flow of a run, from the first verdict on. It ends with the part that
// has settled what there is to report.
func (r *task) keep(ctx context.Context, first check.Verdict) {
	if r.left != nil {
		r.finish(ctx, first)
		first = r.looks.one(ctx, r.daemon.Spec, r.options())
	}
	if v := r.probe(ctx, first, false); r.settle(ctx, v) {
		return
	}
	began := time.Now()
	switch {
	case !r.confirm(ctx):
		return
	case r.Watching:
		r.watch(ctx)
		return
	}
	r.sawDown(standing(r.last))
	switch {
	case !r.mayRestart(), !r.dependencies(ctx):
		if r.report.Result == report.StillDown {
			r.announce(ctx)
		}
		return
	case !r.allowed(ctx):
		if r.flaps {
			r.tellCause(ctx)
		}
		return
	}
	r.tellCause(ctx)
	if r.backsOff() {
		return
	}
	if !r.turns.take(ctx, r.order, r.lockNames(r.daemon.Services)) {
		r.leave("this run was interrupted")
		return
	}
	defer r.turns.give(r.lockNames(r.daemon.Services))
	services, ok := r.startable(ctx)
	switch {
	case !ok:
		return
	case r.DryRun:
		r.plan(services)
		return
	}
	locks, ok := r.lock(ctx)
	if !ok {
		return
	}
	r.locked, r.locks = true, locks
	defer func() {
		r.locked = false
		locks.Release()
	}()
	r.awaitOrphans(ctx)
	r.reload()
	// Another run, or the restart of another daemon, may have been at work
	// between our look and our lock.
	if v := r.lookAtAll(ctx); r.settle(ctx, v) {
		return
	}
	if r.pausedMeanwhile() || r.workedMeanwhile(ctx) {
		return
	}
	r.restart(ctx, r.unlessRestarted(services))
	r.report.Took = time.Since(began)
	r.noteNextTry()
}

// look takes a snapshot, together with others that want one, and judges it.
func (r *task) look(ctx context.Context) check.Verdict {
	v := r.looks.one(ctx, r.daemon.Spec, r.options())
	return r.probe(ctx, v, false)
}

// lookAtAll is look at all processes that count, not only at as many as decide.
func (r *task) lookAtAll(ctx context.Context) check.Verdict {
	opts := r.options()
	opts.Measure = true
	return r.probe(ctx, r.looks.one(ctx, r.daemon.Spec, opts), false)
}

// probe asks the daemon itself, where its Spec says so, and others about it, if it may be
// only what is left of it.
func (r *task) probe(ctx context.Context, v check.Verdict, afterRestart bool) check.Verdict {
	if afterRestart { // few restarts are under way, and they wait for no other's probe
		return r.askItself(ctx, v, true)
	}
	if v.Pending {
		r.probes <- struct{}{}
		v = r.askItself(ctx, v, false)
		<-r.probes
	}
	return r.question(ctx, v)
}

func (r *task) askItself(ctx context.Context, v check.Verdict, afterRestart bool) check.Verdict {
	if !v.Pending {
		return v
	}
	return r.Probe(ctx, r.daemon.Spec, v, afterRestart)
}

// see takes over what a look has shown of processes.
func (r *task) see(v check.Verdict) {
	r.last = v
	r.report.Processes = r.processes(v)
	r.report.Details = r.details(r.daemon.Spec, v)
}

// settle reports a verdict that ends the run; only Down does not.
func (r *task) settle(ctx context.Context, v check.Verdict) bool {
	r.see(v)
	switch v.State {
	case check.Up:
		r.well(ctx, v)
		return true
	case check.Down:
		return false
	}
	r.cannotTell(v.Err)
	return true
}

// well reports a daemon that is not to be restarted, with what is odd about it.
func (r *task) well(ctx context.Context, v check.Verdict) {
	v = r.superviseUp(ctx, v)
	level, alone := report.Routine, !r.several() // else a line for all will do
	if r.report.Result == report.StillDown {     // which the diary was told
		level, alone = report.Notice, true
	}
	r.report.Result = report.Up
	if r.finished {
		r.report.Result = report.BroughtBack
	}
	if r.daemon.Spec.Rule || len(v.Matches) == 0 {
		r.report.Result = report.Clear
	}
	alarms := texts(v, check.Alarm)
	switch {
	case alarms != "":
		r.report.Result, r.report.Reason = report.Wrong, alarms
		r.Log.Record(report.Error, "'%s' is %s: %s", r.report.Name, r.report.Ill(), alarms)
	case alone && r.report.Result == report.Clear:
		r.Log.Log(level, "'%s' is %s", r.report.Name, r.report.Well())
	case alone:
		r.Log.Log(level, "'%s' is running (%s)", r.report.Name, report.PIDList(r.report.PIDs()))
	}
	r.noteFrozen(v)
	for _, n := range notices(v) {
		r.notice(n.level, n.text)
	}
	r.noticeOldImage(v)
	if r.doubt != "" {
		r.notice(report.Notice, r.doubt)
	}
	r.sawUp(ctx, v)
}

// inName opens a message that does not name the daemon by itself.
func (r *task) inName() string {
	if r.report.Name == r.daemon.Spec.Executable {
		return ""
	}
	return "'" + r.report.Name + "': "
}

// cannotTell names the daemon, unless it is the whole table that tells nothing:
// that is the same for all of them, and said once. What a person must mend is said once
// in all, as long as it is the same: a program that was removed is missing each minute.
func (r *task) cannotTell(err error) {
	r.report.Result = report.CannotTell
	r.report.Reason = err.Error()
	if !errors.As(err, new(*check.TableError)) {
		r.report.Reason = r.inName() + r.report.Reason
	}
	r.report.Hint = words.Hint(err)
	if r.store() != nil && !r.acted { // what cannot be told changes nothing but what people know
		r.past = r.inFile.Clone()
	}
	level := doubt(err)
	if level == report.Fatal && !r.daemon.LookOnly && !r.news(r.report.Reason) {
		return
	}
	r.once(r.Log.Record, level, "%s; nothing was touched", r.report.Reason)
}

// doubt: what a person must mend before it can ever work is fatal.
func doubt(err error) report.Level {
	isBlind := errors.As(err, new(*proctable.BlindError))
	isClouded := errors.As(err, new(*check.CloudedError))
	if isBlind || words.Hint(err) != "" && !isClouded {
		return report.Fatal
	}
	return report.Error
}

// confirm looks again after a while: it may have been a restart in passing.
func (r *task) confirm(ctx context.Context) bool {
	if wait := r.recheck(); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			r.cannotTell(fmt.Errorf("interrupted before a second look; at the first '%s' was %s", r.report.Name, standing(r.last)))
			return false
		}
		if v := r.look(ctx); r.settle(ctx, v) {
			return false
		}
	}
	if r.mayBeUp(ctx) != nil {
		// What its manager says is younger than our look: it may have come up since.
		if v := r.look(ctx); r.settle(ctx, v) {
			return false
		}
		if err := r.mayBeUp(ctx); err != nil {
			r.cannotTell(err)
			return false
		}
	}
	r.report.Result = report.StillDown
	r.report.Trouble = trouble(r.last)
	return true
}

// mayRestart: some are only looked at.
func (r *task) mayRestart() bool {
	if len(r.daemon.Services) == 0 && !r.daemon.LookOnly {
		r.report.Reason = "it has no services, so it is only watched"
		r.news(r.report.Reason)
	}
	return len(r.daemon.Services) > 0 && !r.daemon.LookOnly
}

// hold leaves a daemon alone that is down.
func (r *task) hold(level report.Level, why string) {
	r.report.Result = report.Held
	r.report.Reason = why
	r.Log.Log(level, "'%s' is left alone: %s", r.report.Name, why)
}

// leaveTo leaves a daemon that is down to another run, which restarts it.
func (r *task) leaveTo(other error) {
	r.report.Result, r.report.Busy, r.report.Reason = report.Held, true, other.Error()
	r.Log.Log(report.Info, "'%s' is down: %v", r.report.Name, other)
}

// trouble is what is wrong with a daemon of which a process runs. One that was stopped
// by a signal does not answer, and does not end until it is continued.
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
