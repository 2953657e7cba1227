package restart

import (
	"context"
	"time"
)

// Old is the daemon as it was before its service was stopped. Many stop commands only signal
// the daemon and return. A start that comes too early finds it running and does nothing, and
// then nothing runs.
type Old interface {
	// Remaining lists the processes that a stop of this service should have ended and
	// that still run. An error means that it cannot be told.
	Remaining(ctx context.Context, service string) (pids []int, err error)
	// Clear is called before the service is started, when these processes have ended or
	// their time is over: what is left of the daemon now will not end by itself. Of a stop
	// by an earlier run only the service is known.
	Clear(ctx context.Context, stop Done)
}

// Wait is how the wait between a stop and a start has ended.
type Wait struct {
	Service string
	PIDs    []int         // that still ran when the stop had returned
	Left    []int         // that still run, though their time is over
	Took    time.Duration // since the stop returned
	Err     error         // whether they still run could not be told
}

// awaitEnd waits until the old processes have ended, for as long as the stop may take.
// What cannot be told counts as still running until then.
func (p Procedure) awaitEnd(ctx context.Context, service string, deadline time.Time, old Old, w Witness) {
	look := func() (pids []int, ended bool, err error) {
		pids, err = old.Remaining(context.WithoutCancel(ctx), service)
		return pids, err == nil && len(pids) == 0, err
	}
	began := time.Now()
	pids, ended, err := look()
	if ended {
		return
	}
	done := w.AwaitEnd(pids)
	result := Wait{Service: service, PIDs: pids}
	hurried := false
	for poll := p.FirstPoll; !ended; poll = min(2*poll, 4*p.FirstPoll) { // such a look costs little
		now := time.Now()
		if ctx.Err() != nil && !hurried {
			hurried = true
			deadline = earlier(deadline, now.Add(p.Hurry))
		}
		if !now.Before(deadline) {
			break
		}
		pause(ctx, min(poll, deadline.Sub(now)), hurried)
		pids, ended, err = look()
	}
	result.Left, result.Err, result.Took = pids, err, time.Since(began)
	done(result)
}

// pause waits for d, or until ctx ends. hurried: ctx has ended already, and does not count.
func pause(ctx context.Context, d time.Duration, hurried bool) {
	if hurried {
		time.Sleep(d)
		return
	}
	sleep(ctx, d)
}
