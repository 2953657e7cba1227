package keeper

import (
	"context"
	"fmt"
	"sync"

	"daemon-keeper/check"
	"daemon-keeper/internal/terminal"
)

// looks lets daemons share snapshots: those that want a look while one is being taken share
// the next one. Twenty daemons that are down at once cost a few looks, not twenty.
type looks struct {
	look func(context.Context, []check.Spec, check.Options) []check.Verdict

	mu      sync.Mutex
	busy    bool
	waiting []request
}

type request struct {
	spec   check.Spec
	opts   check.Options
	answer chan<- check.Verdict
}

// all takes the first look of a run.
func (l *looks) all(ctx context.Context, specs []check.Spec, opts check.Options) []check.Verdict {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), lookTime,
		fmt.Errorf("it took longer than %s", terminal.Limit(lookTime)))
	defer cancel()
	return l.look(ctx, specs, opts)
}

// one returns a verdict of a look that begins after the call, never of one that has already
// begun.
func (l *looks) one(ctx context.Context, spec check.Spec, opts check.Options) check.Verdict {
	answer := make(chan check.Verdict, 1)
	l.mu.Lock()
	l.waiting = append(l.waiting, request{spec, opts, answer})
	if !l.busy {
		l.busy = true
		go l.serve(ctx)
	}
	l.mu.Unlock()
	return <-answer
}

// serve takes looks until no request is waiting.
func (l *looks) serve(ctx context.Context) {
	for {
		l.mu.Lock()
		requests := l.waiting
		l.waiting = nil
		l.busy = len(requests) > 0
		l.mu.Unlock()
		if len(requests) == 0 {
			return
		}
		specs := make([]check.Spec, len(requests))
		var opts check.Options // all that any of the requests needs
		for i, r := range requests {
			specs[i] = r.spec
			opts.Full = opts.Full || r.opts.Full
			opts.Measure = opts.Measure || r.opts.Measure
			opts.Remember = opts.Remember || r.opts.Remember
			opts.Near = opts.Near || r.opts.Near
		}
		for i, v := range l.all(ctx, specs, opts) {
			requests[i].answer <- v
		}
	}
}

func (p *pass) several() bool { return len(p.tasks) > 1 }
