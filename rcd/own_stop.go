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
	// Signal sends a signal. That the process has ended is not an error.
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

// end ends the daemon's processes: with TERM, and once the time is over with KILL.
func (d *OwnDaemon) end(ctx context.Context, with With) error {
	if with.Seize == nil {
		return nil
	}
	held, err := with.Seize(ctx)
	defer func() {
		for _, h := range held {
			h.Close()
		}
	}()
	if err != nil {
		return err
	}
	return endAll(ctx, held)
}

// endAll ends processes. Their holds stay open.
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

// await waits until all processes have ended, or ctx has. It returns those that still run.
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
