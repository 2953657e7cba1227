package rcd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// How a supervisor is waited for.
const (
	supervisePoll = 50 * time.Millisecond
	startedWithin = 10 * time.Second // a daemon that ends at once is never seen up
	killedWithin  = 5 * time.Second  // daemontools sees an end within a second
)

// carryOut tells the supervisor what is wanted, and waits until its status says that this is so.
// svc itself does not wait, and for a second after a kill the status still has the dead process. A
// daemon that has not ended in time is killed by its supervisor if that is allowed.
func (d supervisors) carryOut(ctx context.Context, verb Verb, service string, with With) error {
	dir, _ := d.folder(service)
	label := cmp.Or(with.Label, service)
	argv := d.Argv(verb, service)
	before, err := readSupervised(dir)
	if err != nil {
		return fmt.Errorf("cannot %s service %s: %w", verb, label, err)
	}
	err = d.step(ctx, verb, label, argv, with)
	var failed *CommandError
	if err != nil && !(errors.As(err, &failed) && failed.TimedOut) {
		return err
	}
	if err == nil && verb == Start {
		return d.awaitStart(ctx, dir, label, argv, before)
	}
	if err == nil {
		err = d.awaitStop(ctx, dir, label, argv)
	}
	if err == nil || verb != Stop {
		return err
	}
	return d.hung(ctx, dir, label, argv, with, err)
}

// hung is for a daemon that has not ended within its time.
func (d supervisors) hung(ctx context.Context, dir, label string, argv []string, with With, late error) error {
	s, err := readSupervised(dir)
	switch {
	case err != nil || !errors.Is(late, context.DeadlineExceeded):
		return late
	case s.pid == 0:
		return nil
	case !with.Kill:
		if failed := new(CommandError); errors.As(late, &failed) {
			late = failed.Cause
		}
		late = fmt.Errorf("%w, and process %d still runs", late, s.pid)
		return &CommandError{Verb: Stop, Service: label, Argv: argv, Status: -1, TimedOut: true, Cause: late}
	}
	kill := d.killArgv(dir)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killedWithin)
	defer cancel()
	with.say("service %s: process %d has not ended in time; its supervisor is told to send it KILL", label, s.pid)
	if err := d.step(ctx, Stop, label, kill, with); err != nil {
		return err
	}
	return d.awaitStop(ctx, dir, label, kill)
}

// say passes a text to Say, if there is one.
func (w With) say(format string, args ...any) {
	if w.Say != nil {
		w.Say(fmt.Sprintf(format, args...))
	}
}

func (d supervisors) awaitStop(ctx context.Context, dir, label string, argv []string) error {
	return d.await(ctx, Stop, label, argv, func() (bool, error) {
		s, err := readSupervised(dir)
		return !s.wantUp && s.pid == 0, err
	})
}

// awaitStart waits for a process, or a sign that there has been one.
func (d supervisors) awaitStart(ctx context.Context, dir, label string, argv []string, before supervised) error {
	ctx, cancel := context.WithTimeout(ctx, startedWithin)
	defer cancel()
	return d.await(ctx, Start, label, argv, func() (bool, error) {
		s, err := readSupervised(dir)
		return s.isUp() || !s.at.Equal(before.at), err
	})
}

func (d supervisors) await(ctx context.Context, verb Verb, label string, argv []string, done func() (bool, error)) error {
	began := time.Now()
	ticks := time.NewTicker(supervisePoll)
	defer ticks.Stop()
	for {
		is, err := done()
		if is && err == nil {
			return nil
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			over := &endedError{took: time.Since(began), why: context.Cause(ctx)}
			return &CommandError{Verb: verb, Service: label, Argv: argv, Status: -1, Cause: over, TimedOut: errors.Is(over, context.DeadlineExceeded)}
		}
	}
}
