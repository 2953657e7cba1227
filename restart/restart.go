// Package restart brings a daemon back: it stops and starts services in order,
// and then looks whether the daemon is there to stay.
//
// Success is a process that was seen and was still there after a while, never
// the exit status of a command.
package restart

import (
	"context"
	"errors"
	"slices"
	"time"

	"daemon-keeper/internal/words"
)

// Controller is all that a restart needs of a service manager.
// Both methods return once the manager has finished or ctx has ended, then with
// an error that is context.DeadlineExceeded. They never wait for the daemon
// itself to end, and never end a daemon that a slow start has brought up.
type Controller interface {
	Stop(ctx context.Context, service string) error
	Start(ctx context.Context, service string) error
}

// Prober tells which processes of the daemon are up. No process and no error
// means down; an error means that it cannot be told.
type Prober interface {
	Probe(ctx context.Context) (pids []int, err error)
	// HasFailed reports whether the service manager knows that the daemon has ended and
	// that it will not start it again, so that it is of no use to wait for it.
	HasFailed(ctx context.Context) bool
	Old
}

// Witness is told of each step as it happens, of the wait for the old processes
// behind a stop, and of the wait for the daemon behind the last start. A wait ends
// when the function that was returned at its beginning is called.
type Witness interface {
	Begin(Step)
	End(Done)
	AwaitEnd(pids []int) (done func(Wait))
	Await() (done func())
}

// Step is one command of a procedure.
type Step struct {
	Verb    words.Verb // Stop or Start
	Service string
	Timeout time.Duration
}

// Done is a step that has been carried out.
type Done struct {
	Step
	Took time.Duration
	Err  error // nil if the command did its work
	Slow bool  // the start ran out of time, but the daemon is up: no failure
}

// Procedure is how a daemon is brought back.
type Procedure struct {
	Services     []string      // stopped and started one after the other, in this order
	StopTimeout  time.Duration // for each stop command, and for the old processes to end
	StartTimeout time.Duration // for each start command
	Verify       time.Duration // how long the daemon may take to appear after the last start
	Settle       time.Duration // how long it must then stay up
	Hurry        time.Duration // how long an interrupted run waits for the old daemon to end, and for the new one to appear; it need not stay
	FirstPoll    time.Duration // from one look to the next while waiting for it;
	LastPoll     time.Duration // doubled each time up to this: a look costs time
}

// Steps lists what Run will do: A stop, A start, B stop, B start.
func (p Procedure) Steps() []Step {
	steps := make([]Step, 0, 2*len(p.Services))
	for _, service := range p.Services {
		steps = append(steps, Step{words.Stop, service, p.StopTimeout}, Step{words.Start, service, p.StartTimeout})
	}
	return steps
}

// Outcome is how a restart has ended.
type Outcome struct {
	Steps       []Done
	PIDs        []int // the daemon's processes; none if it is not up
	Err         error // it cannot be told whether the daemon is up
	Lost        int   // how often it was seen and then gone again
	Failed      bool  // the service manager has given it up; the rest of its time was not waited for
	Interrupted bool  // ctx ended; what had been stopped was started all the same
}

// Up reports whether the daemon was seen, and was there to stay.
func (o Outcome) Up() bool { return len(o.PIDs) > 0 }

// Run carries out the procedure. When ctx ends, no further service is touched,
// but one that has been stopped is still started, and commands under way keep
// their own time.
func (p Procedure) Run(ctx context.Context, c Controller, prober Prober, w Witness) Outcome {
	var o Outcome
	for _, service := range p.Services {
		if ctx.Err() != nil {
			break
		}
		stopBy := time.Now().Add(p.StopTimeout)
		stop := carryOut(ctx, Step{words.Stop, service, p.StopTimeout}, c, prober, w)
		o.Steps = append(o.Steps, stop, p.start(ctx, stop, stopBy, c, prober, w))
	}
	p.await(ctx, prober, w, &o)
	return o
}

// Finish carries out what is left of a procedure that was begun by a run which has
// died: it starts these services, in order, whatever becomes of ctx. That run may have
// died just behind a stop.
func (p Procedure) Finish(ctx context.Context, services []string, c Controller, prober Prober, w Witness) Outcome {
	var o Outcome
	for _, service := range services {
		o.Steps = append(o.Steps, p.start(ctx, Done{Step: Step{Service: service}}, time.Now().Add(p.StopTimeout), c, prober, w))
	}
	p.await(ctx, prober, w, &o)
	return o
}

// start starts a service once its old processes have ended, or should have.
func (p Procedure) start(ctx context.Context, stop Done, stopBy time.Time, c Controller, prober Prober, w Witness) Done {
	p.awaitEnd(ctx, stop.Service, stopBy, prober, w)
	prober.Clear(ctx, stop)
	return carryOut(ctx, Step{words.Start, stop.Service, p.StartTimeout}, c, prober, w)
}

// await sees whether the daemon is there to stay.
func (p Procedure) await(ctx context.Context, prober Prober, w Witness, o *Outcome) {
	done := w.Await()
	p.verify(ctx, prober, o)
	done()
	o.Interrupted = ctx.Err() != nil
}

// carryOut runs one command, whatever has become of ctx.
func carryOut(ctx context.Context, step Step, c Controller, prober Prober, w Witness) Done {
	w.Begin(step)
	stepCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), step.Timeout)
	defer cancel()
	began := time.Now()
	done := Done{Step: step}
	if step.Verb == words.Stop {
		done.Err = c.Stop(stepCtx, step.Service)
	} else {
		done.Err = c.Start(stepCtx, step.Service)
	}
	done.Took = time.Since(began)
	if step.Verb == words.Start && errors.Is(done.Err, context.DeadlineExceeded) {
		pids, err := prober.Probe(context.WithoutCancel(ctx))
		done.Slow = err == nil && len(pids) > 0
	}
	w.End(done)
	return done
}

// verify waits until the same process of the daemon has been up for the settle time: a daemon
// that dies and comes back each second is not there to stay.
func (p Procedure) verify(ctx context.Context, prober Prober, o *Outcome) {
	deadline := time.Now().Add(p.Verify)
	poll := p.FirstPoll
	var seen []int         // the processes of the last look
	var upSince *time.Time // since when one of them has been there
	failed := 0            // how often in a row the manager has said so
	for hurried := false; ; poll = min(2*poll, p.LastPoll) {
		pids, err := prober.Probe(context.WithoutCancel(ctx))
		now := time.Now()
		if ctx.Err() != nil && !hurried {
			hurried = true
			deadline = earlier(deadline, now.Add(p.Hurry))
			p.Settle, poll = 0, p.FirstPoll
		}
		switch {
		case len(pids) > 0 && upSince != nil && overlap(seen, pids):
		case len(pids) > 0:
			if upSince != nil {
				o.Lost++
			}
			upSince = &now
		default:
			if upSince != nil && err == nil {
				o.Lost++
			}
			upSince = nil
		}
		seen, o.Err = pids, err
		wait := poll
		switch {
		case upSince != nil && now.Sub(*upSince) >= p.Settle:
			o.PIDs = pids
			return
		case upSince != nil && upSince.After(deadline): // it keeps dying, and its time is over
			return
		case upSince != nil:
			wait = min(wait, p.Settle-now.Sub(*upSince))
		case !now.Before(deadline):
			return
		case err == nil && len(pids) == 0 && poll >= failedPoll && prober.HasFailed(context.WithoutCancel(ctx)):
			if failed++; failed > 1 { // at one moment it may be between two of its starts
				o.Failed = true
				return
			}
		default:
			failed = 0
		}
		if upSince == nil {
			wait = min(wait, deadline.Sub(now))
		}
		pause(ctx, wait, hurried)
	}
}

// failedPoll is the poll interval from which on the manager is asked whether the daemon has failed:
// each question starts a process, and most daemons are there by then.
const failedPoll = 200 * time.Millisecond

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func overlap(a, b []int) bool {
	return slices.ContainsFunc(a, func(pid int) bool { return slices.Contains(b, pid) })
}

// sleep ends with ctx.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
