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
)

// The command of a step outlives its run if that is killed. Mostly the child of ours
// that has started it holds the services' locks until it has ended. If that was killed
// as well, the command is known by its arguments.

// endGrace is what a command may need beyond its limit, to be ended.
const endGrace = 25 * time.Second

// isDead reports whether the run of a journal has died. A run that cannot be told is
// not dead.
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

// isAlive reports whether the run of a journal is at work for certain.
func (p *pass) isAlive(i state.Intent) bool {
	_, start := i.Run()
	return start != 0 && p.Runs != nil && !p.isDead(i)
}

// ownStart is by which our process is known to later runs.
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

// inherit waits for the locks that a command holds which a dead run has left, as long
// as the command may take. The error is a HeldError if there is nothing to wait for.
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

// isHeldFor reports whether a lock is still signed by the run of this journal, or by
// nobody.
func isHeldFor(i state.Intent, held error) bool {
	var by *state.HeldError
	last, _ := i.Run()
	return errors.As(held, &by) && (by.PID == 0 || by.PID == i.PID || by.PID == last)
}

func (p *pass) sayWaits(i state.Intent, m state.Mark) {
	p.logOnce(report.Notice, "waiting for the %s of service '%s', which the run of %s, pid %d, left", m.Verb, m.Service, clock(i.Began), i.PID)
}

// limitOf is how long the step that was under way may take.
func limitOf(i state.Intent) time.Duration {
	if m, ok := i.UnderWay(); ok && m.Verb == words.Start {
		return cmp.Or(i.StartTimeout, startTime)
	}
	return i.StopTimeout
}

// outlive waits for the command that was under way, if nothing holds its lock any
// more: a stop must not have its way after our start, and a start need not be made
// twice. The journal that it returns has a start as made that was waited for, now or before:
// then its command has ended by itself.
func (p *pass) outlive(ctx context.Context, i state.Intent, waited bool) state.Intent {
	m, ok := i.UnderWay()
	if !ok || i.Began.Boot != p.memory.now().Boot {
		return i
	}
	ctx, cancel := context.WithTimeout(ctx, limitOf(i))
	defer cancel()
	age := func() time.Duration { return p.memory.now().Since(i.Began) }
	p.outlast(ctx, m.Verb, m.Service, age, func() {
		waited = true
		p.sayWaits(i, m)
	})
	if waited && m.Verb == words.Start { // well or not, it is made
		i.Marks = slices.Clone(i.Marks)
		i.Marks[len(i.Marks)-1].Ended = true
	}
	return i
}

// awaitOrphans waits for the commands that runs have left which have died since we
// looked for such.
func (t *task) awaitOrphans(ctx context.Context) {
	if t.store() == nil {
		return
	}
	list, _ := t.store().Unfinished() // what cannot be read was told
	for _, i := range list {
		if t.isDead(i) && slices.ContainsFunc(i.Services, func(s string) bool { return slices.Contains(t.daemon.Services, s) }) {
			t.outlive(ctx, i, false)
		}
	}
}

// mostDoubts is how often is looked again where some process could not be read.
const mostDoubts = 20

// outlast waits until no process carries out a step any more, or for ctx, and says so
// if that takes any time. What is older than the step is another's.
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
		case unclear && doubts < mostDoubts: // it may be the one that could not be read
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
