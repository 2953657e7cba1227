package keeper

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/rcd"
	"daemon-keeper/restart"
)

// unfinished finds what runs that have died have left: stopped, and not started.
func (p *pass) unfinished() {
	if p.memory.store == nil || p.DryRun || p.Watching {
		return
	}
	list, errs := p.memory.store.Unfinished()
	for _, err := range errs {
		p.forgotten(err)
	}
	for _, i := range list {
		r, ok := p.byName[i.Daemon]
		switch {
		case i.Manager != p.Manager.Name():
			p.logOnce(report.Warning, "cannot finish what the run of %s, pid %d, left of '%s': it was for %s, not for %s", clock(i.Began), i.PID, i.Daemon, i.Manager, p.Manager.Name())
		case p.NeedsRoot:
		case slices.ContainsFunc(i.Services, func(s string) bool { return rcd.CheckName(s) != nil }):
			p.logOnce(report.Warning, "cannot finish what the run of %s, pid %d, left of '%s': it names no services", clock(i.Began), i.PID, i.Daemon)
		case ok && !r.daemon.LookOnly && !r.daemon.Spec.Rule && r.left == nil:
			r.left = &i
		default:
			p.strange = append(p.strange, i)
		}
	}
}

// finish starts what a run that has died has left stopped, and waits for the
// daemon, before anything is decided about it.
func (r *run) finish(ctx context.Context) {
	if r.bootOrShutdown() != "" { // what the machine itself is about to start is its own
		return
	}
	i, release, ok := r.adopt(ctx, r.order, *r.left)
	if !ok {
		return
	}
	r.locked = true
	defer func() {
		r.locked = false
		release()
	}()
	r.rememberStops(i)
	stopped := i.Stopped()
	if len(stopped) == 0 {
		if slices.ContainsFunc(i.Marks, func(m state.Mark) bool { return m.Verb == string(restart.Start) }) {
			r.acted, r.transition, r.finished = true, true, true // all was done, and nobody could tell of it
			r.report.Took = r.memory.now().Since(i.Began)
		}
		r.forget(i)
		_ = r.save(true, r)
		return
	}
	r.Log.Log(report.Notice, "finishing what the run of %s, pid %d, left: starting %s for '%s'", clock(i.Began), i.PID, strings.Join(stopped, ", "), i.Daemon)
	began := time.Now()
	r.acted, r.transition = true, true
	r.journal = r.store().Continue(i)
	o := r.daemon.Procedure.Finish(ctx, stopped, r.Manager, prober{r, nil}, r)
	r.endJournal()
	_ = r.save(true, r)
	r.finished = o.Up()
	r.report.Took = time.Since(began)
}

// rememberStops keeps the stops of a run that has died from being taken for the
// admin's.
func (r *run) rememberStops(i state.Intent) {
	for _, m := range i.Marks {
		if m.Verb == string(restart.Stop) {
			r.stoppedByUs(m.Service, i.Began, r.memory.now())
		}
	}
}

// stoppedByUs: what is dead already is stopped without a trace, so the last stop that
// its manager knows of may be that of an earlier try. All of an incident are ours.
func (r *run) stoppedByUs(service string, from, to state.Stamp) {
	if r.past.Stops == nil {
		r.past.Stops = make(map[string]state.Span)
	}
	first := r.past.Stops[service].From
	if i := r.past.Incident; i != nil && !first.Before(i.Began) && first.Before(from) {
		from = first
	}
	r.past.Stops[service] = state.Span{From: from, To: to}
}

// startTime is the limit for a start of which a journal does not tell it.
const startTime = 3 * time.Minute

// finishStrange does the same for a daemon that this run was not asked for; nobody
// here can tell whether it is up.
func (p *pass) finishStrange(ctx context.Context, left state.Intent) {
	if phase, _ := p.phase(); phase != rcd.Working {
		return
	}
	i, release, ok := p.adopt(ctx, -1, left)
	if !ok {
		return
	}
	defer release()
	j := p.memory.store.Continue(i)
	failed := false
	for _, service := range i.Stopped() {
		p.Log.Log(report.Notice, "finishing what the run of %s, pid %d, left of '%s': starting service '%s'", clock(i.Began), i.PID, i.Daemon, service)
		stepCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cmp.Or(i.StartTimeout, startTime))
		err := p.Manager.Start(stepCtx, service)
		cancel()
		if err != nil {
			p.Log.Log(report.Error, "%v", err)
		}
		if err != nil && !errors.As(err, new(*rcd.NotFoundError)) { // the next run tries again
			failed = true
			continue
		}
		if err := j.End(string(restart.Start), service); err != nil {
			p.forgotten(err)
		}
	}
	switch {
	case !failed:
	case p.memory.now().Since(i.Began) < giveUp:
		return // the next run tries again
	default:
		p.Log.Log(report.Error, "what the run of %s, pid %d, left of '%s' cannot be finished; start by hand: %s", clock(i.Began), i.PID, i.Daemon, strings.Join(i.Stopped(), ", "))
	}
	p.forget(i)
}

// giveUp is how long runs try to start what one that has died has left of a daemon
// that none of them was asked for.
const giveUp = 10 * time.Minute

// adopt takes over what another run has left, unless that is still at work.
func (p *pass) adopt(ctx context.Context, order int, left state.Intent) (i state.Intent, release func(), ok bool) {
	if !p.turns.take(ctx, order, left.Services) {
		return i, nil, false
	}
	locks, err := p.locksOf(left.Services)
	switch {
	case errors.As(err, new(*state.HeldError)):
		p.turns.give(left.Services)
		return i, nil, false
	case err != nil:
		p.logOnce(report.Warning, "no locks, so another run may start the same services: %v%s", err, inBrackets(hint(err)))
		locks = new(state.Locks)
	}
	release = func() {
		locks.Release()
		p.turns.give(left.Services)
	}
	i, err = p.memory.store.Reread(left)
	switch {
	case err == nil:
		return p.outlive(ctx, i), release, true
	case !errors.Is(err, fs.ErrNotExist): // else its run, or another, has finished it
		p.forgotten(err)
	}
	release()
	return i, nil, false
}

// forget removes a journal of which nothing is left to be done.
func (p *pass) forget(i state.Intent) {
	if err := p.memory.store.Forget(i); err != nil {
		p.forgotten(err)
	}
}

// intend writes down what is about to be done, before the first stop.
func (r *run) intend(services []string) {
	if r.store() == nil {
		return
	}
	var err error
	r.journal, err = r.store().Begin(state.Intent{
		Daemon: r.daemon.Name, PID: r.PID, Began: r.memory.now(), Manager: r.Manager.Name(),
		Services: slices.Clone(services), StopTimeout: r.daemon.StopTimeout, StartTimeout: r.daemon.StartTimeout,
	})
	if err != nil {
		r.forgotten(err)
		r.journal = nil
	}
}

// endJournal: all that was stopped was started again, as well as could be.
func (r *run) endJournal() {
	if r.journal == nil {
		return
	}
	if err := r.journal.Close(); err != nil {
		r.forgotten(err)
	}
	r.journal = nil
}

// mark writes down how far a step has come.
func (r *run) mark(write func(verb, service string) error, s restart.Step) {
	if r.journal == nil {
		return
	}
	if err := write(string(s.Verb), s.Service); err != nil {
		r.forgotten(err)
	}
}

func clock(s state.Stamp) string { return s.Time.Local().Format(time.TimeOnly) }

// running writes down which process carries out a step: it goes on if we are killed.
func (p *pass) running(service string, pid int) {
	at, ok := p.commands.Load(service)
	if !ok {
		return
	}
	r := at.(*run)
	start, err := r.Started(pid)
	if r.journal == nil || err != nil { // it has ended
		return
	}
	if err := r.journal.Running(string(r.verb), service, state.Process{PID: pid, Start: start}); err != nil {
		r.forgotten(err)
	}
}

// outlive waits for the commands that have outlived their run: a stop must not have
// its way after our start, and a start need not be made twice. Each gets the time that
// its run would have given it.
func (p *pass) outlive(ctx context.Context, i state.Intent) state.Intent {
	i.Marks = slices.Clone(i.Marks)
	for n, m := range i.Marks {
		if m.Ended || m.Command == nil || i.Began.Boot != p.memory.now().Boot {
			continue
		}
		limit := i.StopTimeout
		if m.Verb == string(restart.Start) {
			limit = cmp.Or(i.StartTimeout, startTime)
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
		p.await(ctx, *m.Command, func() {
			i.Marks[n].Ended = m.Verb == string(restart.Start) // well or not, it is made
			p.Log.Log(report.Notice, "waiting for the %s of service '%s', process %d, which the run of %s, pid %d, left", m.Verb, m.Service, m.Command.PID, clock(i.Began), i.PID)
		})
		cancel()
	}
	return i
}

// await waits until a process has ended, or ctx, and says so if that takes any time.
func (p *pass) await(ctx context.Context, process state.Process, say func()) {
	for waits := 0; ctx.Err() == nil; waits++ {
		if runs, err := p.Runs(process.PID, process.Start); err != nil || !runs {
			return
		}
		if waits == 0 {
			say()
		}
		select {
		case <-time.After(firstPoll):
		case <-ctx.Done():
		}
	}
}
