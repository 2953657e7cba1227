package rcd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Held is a hold on a process: a signal through it reaches that process or none.
type Held interface {
	PID() int
	// Signal sends a signal. That the process has ended is no error.
	Signal(s syscall.Signal) error
	Ended() (bool, error)
	Close()
}

// killTime is how long the kernel may take to end a process that was killed.
const killTime = 2 * time.Second

// endPoll is from one look to the next while processes end.
const endPoll = 50 * time.Millisecond

// ownRunsError says that a second one would be started beside the first.
type ownRunsError struct{ pids []int }

func (e *ownRunsError) Error() string {
	list := make([]string, len(e.pids))
	for i, pid := range e.pids {
		list[i] = strconv.Itoa(pid)
	}
	return "its processes have not ended (pid " + strings.Join(list, ", ") + "), and it is to run once"
}

// Hint is the way out.
func (*ownRunsError) Hint() string {
	return "look at what keeps them, and at what its stop command does"
}

// Stop stops the daemon: by its command, or by ending its processes with TERM, and once the
// time is over with KILL.
func (o *Own) Stop(ctx context.Context, service string, with With) error {
	d, err := o.of(service)
	if err != nil {
		return err
	}
	if len(d.Stop) > 0 {
		return o.run.step(ctx, Stop, d.Service(), d.Stop, with)
	}
	if with.Seize == nil {
		return nil
	}
	held, err := with.Seize(ctx)
	defer func() {
		for _, h := range held {
			h.Close()
		}
	}()
	if err == nil {
		err = endAll(ctx, held)
	}
	if err != nil {
		return &CommandError{Verb: Stop, Service: d.Service(), Argv: o.Argv(Stop, service), Status: -1, Cause: err}
	}
	return nil
}

// endAll ends processes, and lets go of none of them.
func endAll(ctx context.Context, held []Held) error {
	var failed error
	for _, h := range held {
		failed = errors.Join(failed, h.Signal(syscall.SIGTERM))
	}
	left := await(ctx, held)
	if len(left) == 0 {
		return nil
	}
	for _, h := range left {
		failed = errors.Join(failed, h.Signal(syscall.SIGKILL))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killTime)
	defer cancel()
	if left = await(ctx, left); len(left) == 0 {
		return nil
	}
	if failed != nil {
		return failed
	}
	return fmt.Errorf("process %d cannot be killed", left[0].PID())
}

// await waits until processes have ended, or for ctx; it returns those that have not.
func await(ctx context.Context, held []Held) []Held {
	for {
		var left []Held
		for _, h := range held {
			if ended, err := h.Ended(); !ended || err != nil {
				left = append(left, h)
			}
		}
		if held = left; len(held) == 0 {
			return nil
		}
		select {
		case <-time.After(endPoll):
		case <-ctx.Done():
			return held
		}
	}
}
