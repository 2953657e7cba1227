package keeper

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// finishStrange finishes what was left of a daemon that this run was not asked for. This run
// cannot judge whether that daemon is up, but its manager may know.
func (p *pass) finishStrange(ctx context.Context, left state.Intent) {
	if p.mustWaitFor(left) {
		return
	}
	i, locks, release, ok := p.adopt(ctx, -1, left)
	if !ok {
		return
	}
	defer release()
	stopped := slices.DeleteFunc(i.Stopped(), func(service string) bool {
		running, _ := p.isRunning(ctx, service)
		return running || p.isUnwanted(ctx, i, service)
	})
	if len(stopped) == 0 {
		p.forget(i)
		return
	}
	j := p.resume(i)
	failed := false
	for _, service := range stopped {
		p.Log.Log(report.Notice, "finishing what the run of %s, pid %d, left of '%s': starting service '%s'", clock(i.Began), i.PID, i.Daemon, service)
		if err := j.Begin(words.Start, service); err != nil {
			p.forgotten(err)
		}
		stepCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cmp.Or(i.StartTimeout, startTime))
		err := controller{p, locks, nil}.Start(stepCtx, service)
		cancel()
		if err != nil {
			p.Log.Log(report.Error, "%v", err)
		}
		if err != nil && !errors.As(err, new(*rcd.NotFoundError)) { // the next run tries again
			failed = true
			continue
		}
		if err := j.End(words.Start, service); err != nil {
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

// giveUp is how long runs try to start what a dead run has left of a daemon that none of them
// was asked for.
const giveUp = 10 * time.Minute

// mustWaitFor is mustWait for a daemon that is known only by name.
func (p *pass) mustWaitFor(i state.Intent) bool {
	if !p.isWorking(BootLimit) {
		return true
	}
	if p.IgnoreIntent {
		return false
	}
	if slices.ContainsFunc(p.memory.pauses, func(pause past.Pause) bool { return pause.Name == past.AllPaused || pause.Name == i.Daemon }) {
		return true
	}
	work, err := p.packages()
	return err == nil && work != nil && p.memory.now().Since(i.Began) < longestUpgrade
}

// isUnwanted reports whether somebody wants a service to stay down. A stop since the dead run
// began counts as that run's own.
func (p *pass) isUnwanted(ctx context.Context, i state.Intent, service string) bool {
	if p.IgnoreIntent {
		return false
	}
	w, err := p.Manager.Wish(ctx, service, rcd.Past{From: i.Began.Time, To: p.memory.now().Time})
	return err == nil && w != nil
}
