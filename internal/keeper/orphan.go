package keeper

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// The command of a step outlives its run if the run is killed. Usually our child that has
// started the command holds the services' locks until the command has ended. If the child was
// killed as well, the command is recognised by its arguments.

// endGrace is how long the end of a command may take after its limit.
const endGrace = 25 * time.Second

// isDead reports whether the run of a journal has died. If that is unknown, the run is not
// dead.
func (p *pass) isDead(i state.Intent) bool {
	if i.Began.Boot != p.memory.now().Boot {
		return true
	}
	pid, start := i.Run()
	if start == 0 || p.Runs == nil {
		return false
	}
	runs, err := p.Runs(pid, start)
	return err == nil && !runs
}

// isAlive reports whether the run of a journal is certainly at work.
func (p *pass) isAlive(i state.Intent) bool {
	_, start := i.Run()
	return start != 0 && p.Runs != nil && !p.isDead(i)
}

// ownStart is the start time of this process, by which later runs recognise it: ticks since
// boot on Linux, microseconds of wall clock on FreeBSD; 0 if unknown.
func (p *pass) ownStart() uint64 {
	if p.Started == nil {
		return 0
	}
	start, err := p.Started(p.PID)
	if err != nil {
		return 0
	}
	return start
}

// inherit waits for the locks that a command of a dead run holds, for as long as the command
// may take. The error is a HeldError if there is nothing to wait for.
func (p *pass) inherit(ctx context.Context, left state.Intent, held error) (*state.Locks, error) {
	ctx, cancel := context.WithTimeout(ctx, limitOf(left)+endGrace)
	defer cancel()
	for said := false; ; said = true {
		i, err := p.memory.store.Reread(left)
		if err != nil || !p.isDead(i) || !isHeldFor(i, held) {
			return nil, held
		}
		if m, ok := i.UnderWay(); ok && !said {
			p.sayWaits(i, m)
		}
		select {
		case <-time.After(firstPoll):
		case <-ctx.Done():
			return nil, held
		}
		locks, err := p.locksOf(left.Services)
		if !errors.As(err, new(*state.HeldError)) {
			return locks, err
		}
		held = err
	}
}

// isHeldFor reports whether a lock still has the signature of the run of this journal, or
// none.
func isHeldFor(i state.Intent, held error) bool {
	var by *state.HeldError
	last, _ := i.Run()
	return errors.As(held, &by) && (by.PID == 0 || by.PID == i.PID || by.PID == last)
}

func (p *pass) sayWaits(i state.Intent, m state.Mark) {
	p.logOnce(report.Notice, "waiting for the %s of service '%s', which the run of %s, pid %d, left", m.Verb, m.Service, clock(i.Began), i.PID)
}

// limitOf returns how long the current step may take.
func limitOf(i state.Intent) time.Duration {
	if m, ok := i.UnderWay(); ok && m.Verb == words.Start {
		return cmp.Or(i.StartTimeout, startTime)
	}
	return i.StopTimeout
}

// outlive waits for the command of the current step if nothing holds its lock any more: a
// late stop must not undo our start. It reports whether a start was waited for, now or before:
// then its command has ended by itself.
func (p *pass) outlive(ctx context.Context, i state.Intent, waited bool) (started bool) {
	m, ok := i.UnderWay()
	if !ok || i.Began.Boot != p.memory.now().Boot {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, limitOf(i))
	defer cancel()
	age := func() time.Duration { return p.memory.now().Since(i.Began) }
	p.outlast(ctx, m.Verb, m.Service, age, func() {
		waited = true
		p.sayWaits(i, m)
	})
	return waited && m.Verb == words.Start
}

// unlessInVain is the journal with its last start, which was waited for, as done: it need not be
// made twice. Whether that has brought up the daemon's own service, the first, is judged by its
// processes later. Nobody looks at the others again, so their manager is asked, and once more
// after a moment: what was just started may not be seen yet.
func (p *pass) unlessInVain(ctx context.Context, i state.Intent) state.Intent {
	last := len(i.Marks) - 1
	if service := i.Marks[last].Service; slices.Index(i.Services, service) > 0 && p.isStopped(ctx, service) {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
		if p.isStopped(ctx, service) {
			return i
		}
	}
	i.Marks = slices.Clone(i.Marks)
	i.Marks[last].Ended = true
	return i
}

// isStopped reports whether a manager is sure that a service is stopped.
func (p *pass) isStopped(ctx context.Context, service string) bool {
	c, err := p.Manager.Condition(ctx, service)
	return err == nil && c.State == rcd.Stopped
}

// awaitOrphans waits for the commands of runs that have died since unfinished work was last
// looked for.
func (t *task) awaitOrphans(ctx context.Context) {
	if t.store() == nil {
		return
	}
	list, _ := t.store().Unfinished() // errors have been reported
	for _, i := range list {
		if t.isDead(i) && slices.ContainsFunc(i.Services, func(s string) bool { return slices.Contains(t.daemon.Services, s) }) {
			t.outlive(ctx, i, false)
		}
	}
}

// mostDoubts is how many more looks are taken if some process could not be read.
const mostDoubts = 20

// outlast waits until no process carries out the step any more, or until ctx ends. It calls
// say if it has to wait. A process that is older than the step belongs to somebody else.
func (p *pass) outlast(ctx context.Context, verb words.Verb, service string, age func() time.Duration, say func()) {
	if p.Commands == nil {
		return
	}
	const rounding = 2 * time.Second
	doubts := 0
	for said := false; ctx.Err() == nil; {
		list, err := p.Commands(ctx, func(args []string) bool { return p.Manager.CarriesOut(args, verb, service) })
		unclear := err != nil && !errors.Is(err, proctable.ErrNotSupported)
		if unclear {
			p.logOnce(report.Info, "cannot tell whether the %s of service '%s' is still under way: %v", verb, service, err)
		}
		oldest := age() + rounding
		switch found := slices.ContainsFunc(list, func(c proctable.Command) bool { return c.Age <= oldest }); {
		case found && !said:
			say()
			said = true
		case found:
		case unclear && doubts < mostDoubts: // the unreadable process may be the command
			doubts++
		default:
			return
		}
		select {
		case <-time.After(firstPoll):
		case <-ctx.Done():
		}
	}
}
