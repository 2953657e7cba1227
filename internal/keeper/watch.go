package keeper

import (
	"context"
	"errors"
	"sync"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// longestRecheck is as long as somebody who only looks waits for a second look.
const longestRecheck = 2 * time.Second

// recheck is the time between the two looks that find a daemon down.
func (r *task) recheck() time.Duration {
	if r.Watching {
		return min(r.daemon.Recheck, longestRecheck)
	}
	return r.daemon.Recheck
}

// watch reports a daemon that is down, and whether a run would leave it alone.
func (r *task) watch(ctx context.Context) {
	r.report.Trouble, r.report.Reason = "", "not running"
	if len(r.last.Matches) > 0 {
		r.report.Reason = texts(r.last, check.Restart)
	}
	if len(r.daemon.Services) == 0 || !r.dependencies(ctx) {
		return
	}
	if why := r.wouldHold(ctx); why != "" {
		r.hold(report.Info, why)
		return
	}
	if r.isFlapping(ctx) || r.atWork() {
		return
	}
	r.noteForgetful()
	r.backsOff()
}

// recallDeath reports what runs have found out: why a daemon is down, or of what one that
// is up again has died last. That is no cause of what is wrong with processes that run since.
func (r *task) recallDeath() {
	if i := r.past.Incident; i != nil && !r.isUnwell() && (r.report.Result == report.StillDown || r.report.Result == report.Held) {
		r.report.Blame = i.Blame
	}
	if d := r.past.Died; d != nil && r.report.Result == report.Up {
		now := r.memory.now()
		r.report.LastDeath = &report.Death{Ago: now.Since(d.Found), Took: words.Duration(d.Seconds), Cause: d.Cause}
	}
}

// noteForgetful says what cannot be told without a memory.
func (r *task) noteForgetful() {
	if r.Forgetful != nil {
		r.report.Notices = append(r.report.Notices, "whether it is left alone on purpose cannot be told: "+r.Forgetful.Error())
	}
}

// atWork reports whether another run is at work on the daemon, which is left to it.
func (r *task) atWork() bool {
	err := r.findHolder()
	switch held := (*state.HeldError)(nil); {
	case errors.As(err, &held):
		r.leaveTo(err)
		return true
	case err != nil:
		r.report.Notices = append(r.report.Notices, "whether another run is at work cannot be told: "+err.Error())
	}
	return false
}

// wouldHold is why a run would leave the daemon alone. What a manager wants is known
// from the last run that has asked it.
func (r *task) wouldHold(ctx context.Context) string {
	if why := r.bootOrShutdown(); why != "" {
		return why
	}
	for _, ask := range []func(context.Context) (kind words.Hold, why string){r.paused, r.upgraded} {
		if kind, why := ask(ctx); kind != "" {
			r.report.Hold = kind
			return why
		}
	}
	if held := r.past.Held; (held == words.Stopped || held == words.Disabled) && r.respects(held) {
		r.report.Hold = held
		return r.past.HeldWhy
	}
	if kind, why := r.worked(ctx); kind != "" {
		r.report.Hold = kind
		return why
	}
	if r.Observer == nil && r.past.Held == words.AtWork {
		r.report.Hold = words.AtWork
		return r.past.HeldWhy
	}
	return ""
}

// ask asks the manager about each service, once.
func (p *pass) ask(ctx context.Context) {
	var answers sync.Map // report.Service by name
	slots := make(chan struct{}, checksAtOnce)
	var questions sync.WaitGroup
	for _, r := range p.tasks {
		for _, s := range r.report.Services {
			if _, asked := answers.LoadOrStore(s.Name, s); asked {
				continue
			}
			slots <- struct{}{}
			questions.Go(func() {
				answers.Store(s.Name, opinion(ctx, p.Opinion, s.Name))
				<-slots
			})
		}
	}
	questions.Wait()
	for _, r := range p.tasks {
		for i, s := range r.report.Services {
			if answer, ok := answers.Load(s.Name); ok {
				r.report.Services[i] = answer.(report.Service)
			}
		}
	}
}

func opinion(ctx context.Context, ask func(context.Context, string) (rcd.Opinion, error), service string) report.Service {
	o, err := ask(ctx, service)
	answer := report.Service{Name: service, State: o.State.String(), Word: o.Word}
	if s := o.Supervision; s != nil {
		answer.Supervised = &report.Supervised{NormallyDown: s.Down, WantUp: s.WantUp, WantDown: !s.WantUp && !s.Once, Paused: s.Paused, Word: s.Word}
	}
	if err != nil {
		answer.Err = err.Error()
	}
	return answer
}

// servicesOf are those of a daemon, before anybody is asked.
func servicesOf(d Daemon) []report.Service {
	var list []report.Service
	for _, name := range d.Services {
		list = append(list, report.Service{Name: name})
	}
	return list
}
