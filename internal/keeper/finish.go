package keeper

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
	"daemon-keeper/restart"
)

// unfinished finds services that runs which have died had stopped and not started again.
func (p *pass) unfinished() {
	if p.memory.store == nil || !p.acts() {
		return
	}
	list, errs := p.memory.store.Unfinished()
	for _, err := range errs {
		p.forgotten(err)
	}
	for _, i := range list {
		t, ok := p.byName[i.Daemon]
		switch {
		case i.Manager != p.Manager.Name():
			p.logOnce(report.Warning, "cannot finish what the run of %s, pid %d, left of '%s': it was for %s, not for %s", clock(i.Began), i.PID, i.Daemon, i.Manager, p.Manager.Name())
		case p.NeedsRoot:
		case slices.ContainsFunc(i.Services, func(s string) bool { return words.CheckService(s) != nil }):
			p.logOnce(report.Warning, "cannot finish what the run of %s, pid %d, left of '%s': it names no services", clock(i.Began), i.PID, i.Daemon)
		case ok && !t.daemon.LookOnly && !t.daemon.Spec.Rule && t.left == nil:
			t.left = &i
		case ok && t.daemon.LookOnly && slices.ContainsFunc(i.Services, rcd.IsOwn): // only a run that keeps this daemon knows whether it is up
		default:
			p.strange = append(p.strange, i)
		}
	}
}

// finish starts the services that a run that has died left stopped, unless something forbids
// their start, and waits for the daemon. It runs before anything else is decided about the
// daemon.
func (t *task) finish(ctx context.Context, v check.Verdict) {
	t.rememberStops(*t.left)
	if t.mustWait(ctx) {
		return
	}
	i, locks, release, ok := t.adopt(ctx, t.order, *t.left)
	if !ok {
		return
	}
	t.locked, t.locks = true, locks
	defer func() {
		t.locked = false
		release()
	}()
	t.rememberStops(i)
	// The wish is asked for only after the last command has ended: until then, that command's
	// stop would look like somebody else's.
	if t.isUnwanted(ctx, v) {
		return
	}
	stopped := t.stillStopped(ctx, i)
	started := slices.ContainsFunc(i.Marks, func(m state.Mark) bool { return m.Verb == words.Start })
	if len(stopped) == 0 {
		if t.forget(i) && started { // all was done, but that run could not report it
			t.acted, t.transition, t.finished = true, true, true
			t.report.Took = t.memory.now().Since(i.Began)
		}
		_ = t.save(true, t)
		return
	}
	t.Log.Log(report.Notice, "finishing what the run of %s, pid %d, left: starting %s for '%s'", clock(i.Began), i.PID, strings.Join(stopped, ", "), i.Daemon)
	began := time.Now()
	t.acted, t.transition = true, true
	t.journal = t.resume(i)
	t.meet(ctx, stopped)
	o := t.daemon.Procedure.Finish(ctx, stopped, controller{t.pass, locks, t.saysStep}, prober{t, nil}, t)
	t.endJournal()
	_ = t.save(true, t)
	t.finished = o.Up()
	t.report.Took = time.Since(began)
}

// mustWait reports whether something keeps the daemon from being started, just as it would
// keep it from being restarted. Unfinished work waits until that is over. What the machine
// itself is about to start is left to it.
func (t *task) mustWait(ctx context.Context) bool {
	if t.bootOrShutdown() != "" {
		return true
	}
	for _, ask := range []func(context.Context) (kind words.Hold, why string){t.paused, t.upgraded} {
		if kind, _ := ask(ctx); kind != "" {
			return true
		}
	}
	return false
}

// isUnwanted reports whether somebody wants the daemon to stay down. An admin who has
// disabled a daemon that is up all the same has not asked for its other services to stay
// stopped.
func (t *task) isUnwanted(ctx context.Context, v check.Verdict) bool {
	kind, _ := t.wished(ctx)
	return kind != "" && v.State != check.Up
}

// stillStopped returns the services that still have to be started. The journal may be
// outdated, and stays so where it cannot be removed. So the daemon's own service, the first,
// is judged by its processes, and the manager is asked about the others. A service that its
// manager believes to be running would not be started by it; if the manager is wrong, the
// daemon is found down and restarted. Services that somebody wants down are left out. A
// process from before the stop may still be ending: then only a manager that knows the main
// process is believed.
func (t *task) stillStopped(ctx context.Context, i state.Intent) []string {
	stopped := i.Stopped()
	if len(stopped) == 0 {
		return nil
	}
	v := t.lookAtAll(ctx)
	return slices.DeleteFunc(stopped, func(service string) bool {
		seen := service == t.daemon.Services[0] && v.State == check.Up
		if t.spared[service] != nil || seen && t.cameSince(v, i) {
			return true
		}
		running, main := t.isRunning(ctx, service)
		return running && (!seen || main != 0)
	})
}

// cameSince reports whether a process that counts was started after the run that has died.
func (t *task) cameSince(v check.Verdict, i state.Intent) bool {
	now := t.memory.now()
	if i.Began.Boot == "" || i.Began.Boot != now.Boot {
		return true
	}
	since := now.Since(i.Began)
	return slices.ContainsFunc(v.Matches, func(m check.Match) bool { return m.Usage.AgeNow() < since })
}

// isRunning reports whether a manager is sure that a service runs. It also returns the main
// process, 0 if the manager does not know it.
func (p *pass) isRunning(ctx context.Context, service string) (running bool, main int) {
	c, err := p.Manager.Condition(ctx, service)
	return err == nil && c.State == rcd.Running, c.Main
}

// resume continues the journal of a run that has died.
func (p *pass) resume(i state.Intent) *state.Journal {
	j, err := p.memory.store.Continue(i, past.Process{PID: p.PID, Start: p.ownStart()})
	if err != nil {
		p.forgotten(err)
	}
	return j
}

// rememberStops records the stops of a run that has died as ours, so that they are not taken
// for the admin's.
func (t *task) rememberStops(i state.Intent) {
	for _, m := range i.Marks {
		if m.Verb == words.Stop {
			t.stoppedByUs(m.Service, i.Began, t.memory.now())
		}
	}
}

// stoppedByUs records a stop of ours. Stopping a dead service leaves no trace, so the
// manager's last stop may be from an earlier try. Every stop since the incident began counts
// as ours.
func (t *task) stoppedByUs(service string, from, to past.Stamp) {
	if t.past.Stops == nil {
		t.past.Stops = make(map[string]past.Span)
	}
	first := t.past.Stops[service].From
	if i := t.past.Incident; i != nil && !first.Before(i.Began) && first.Before(from) {
		from = first
	}
	t.past.Stops[service] = past.Span{From: from, To: to}
}

// startTime is the limit for a start if the journal does not have one.
const startTime = 3 * time.Minute

// adopt takes over what another run has left, unless that run is still at work. It waits for
// the command that a dead run has left behind.
func (p *pass) adopt(ctx context.Context, order int, left state.Intent) (i state.Intent, locks *state.Locks, release func(), ok bool) {
	names := p.lockNames(left.Services) // once: a link to the folder may change in the meantime
	if !p.turns.take(ctx, order, names) {
		return i, nil, nil, false
	}
	locks, err := p.locksOf(left.Services)
	waited := false
	if errors.As(err, new(*state.HeldError)) {
		locks, err = p.inherit(ctx, left, err)
		waited = true
	}
	switch {
	case errors.As(err, new(*state.HeldError)):
		p.turns.give(names)
		return i, nil, nil, false
	case err != nil:
		p.logOnce(report.Warning, "no locks, so another run may start the same services: %v%s", err, inBrackets(words.Hint(err)))
		locks = new(state.Locks)
	}
	release = func() {
		locks.Release()
		p.turns.give(names)
	}
	i, err = p.memory.store.Reread(left)
	switch {
	case err == nil && p.isAlive(i): // without locks
	case err == nil:
		if p.outlive(ctx, i, waited && locks.Begun(i)) {
			i = p.unlessInVain(ctx, i)
		}
		return i, locks, release, true
	case !errors.Is(err, fs.ErrNotExist): // otherwise its own run, or another one, has finished it
		p.forgotten(err)
	}
	release()
	return i, nil, nil, false
}

// forget removes a journal that has nothing left to do.
func (p *pass) forget(i state.Intent) bool {
	err := p.memory.store.Forget(i)
	if err != nil {
		p.forgotten(err)
	}
	return err == nil
}

// intend writes down what is about to be done, before the first stop.
func (t *task) intend(services []string) {
	if t.store() == nil {
		return
	}
	var err error
	t.journal, err = t.store().Begin(state.Intent{
		Daemon: t.daemon.Name, PID: t.PID, Start: t.ownStart(), Began: t.memory.now(), Manager: t.Manager.Name(),
		Services: slices.Clone(services), StopTimeout: t.daemon.StopTimeout, StartTimeout: t.daemon.StartTimeout,
		Longest: longest(t.daemon.Procedure, len(services)),
	})
	if err != nil {
		t.forgotten(err)
		t.journal = nil
	}
}

// endJournal closes the journal: everything that was stopped was started again, as far as
// possible.
func (t *task) endJournal() {
	if t.journal == nil {
		return
	}
	if err := t.journal.Close(); err != nil {
		t.forgotten(err)
	}
	t.journal = nil
}

// mark writes down how far a step has come.
func (t *task) mark(write func(verb words.Verb, service string) error, s restart.Step) {
	if t.journal == nil {
		return
	}
	if err := write(s.Verb, s.Service); err != nil {
		t.forgotten(err)
	}
}

func clock(s past.Stamp) string { return s.Time.Local().Format(time.TimeOnly) }
