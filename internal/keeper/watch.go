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

// longestRecheck is how long a command that only looks waits for its second look.
const longestRecheck = 2 * time.Second

// recheck is the time between the two looks that find a daemon down.
func (t *task) recheck() time.Duration {
	if t.Watching {
		return min(t.daemon.Recheck, longestRecheck)
	}
	return t.daemon.Recheck
}

// watch reports a daemon that is down, and whether a run would leave it alone.
func (t *task) watch(ctx context.Context) {
	t.report.Trouble, t.report.Reason = "", "not running"
	if len(t.last.Matches) > 0 {
		t.report.Reason = texts(t.last, check.Restart)
	}
	if len(t.daemon.Services) == 0 || !t.dependencies(ctx) {
		return
	}
	if why := t.wouldHold(ctx); why != "" {
		t.hold(report.Info, why)
		return
	}
	if t.isFlapping(ctx) || t.atWork() {
		return
	}
	t.noteForgetful()
	t.backsOff()
}

// recallDeath reports what runs have found out: why a daemon is down or, if it is up again,
// how it last died. It does not explain what is wrong with processes that were started later.
func (t *task) recallDeath() {
	if i := t.past.Incident; i != nil && !t.isUnwell() && (t.report.Result == report.StillDown || t.report.Result == report.Held) {
		t.report.Blame = i.Blame
	}
	if d := t.past.Died; d != nil && t.report.Result == report.Up {
		now := t.memory.now()
		t.report.LastDeath = &report.Death{Ago: now.Since(d.Found), Took: words.Duration(d.Seconds), Cause: d.Cause}
	}
}

// noteForgetful reports what is unknown without a memory.
func (t *task) noteForgetful() {
	if t.Forgetful != nil {
		t.report.Notices = append(t.report.Notices, "it is unknown whether it is left alone on purpose: "+t.Forgetful.Error())
	}
}

// atWork reports whether another run is at work on the daemon. The daemon is then left to it.
func (t *task) atWork() bool {
	err := t.findHolder()
	switch held := (*state.HeldError)(nil); {
	case errors.As(err, &held):
		t.leaveTo(err)
		return true
	case err != nil:
		t.report.Notices = append(t.report.Notices, "it is unknown whether another run is at work: "+err.Error())
	}
	return false
}

// wouldHold returns why a run would leave the daemon alone. What an admin wants is known from
// the last run that has asked the manager.
func (t *task) wouldHold(ctx context.Context) string {
	if why := t.bootOrShutdown(); why != "" {
		return why
	}
	for _, ask := range []func(context.Context) (kind words.Hold, why string){t.paused, t.upgraded} {
		if kind, why := ask(ctx); kind != "" {
			t.report.Hold = kind
			return why
		}
	}
	if held := t.past.Held; (held == words.Stopped || held == words.Disabled) && t.respects(held) {
		t.report.Hold = held
		return t.past.HeldWhy
	}
	if kind, why := t.worked(ctx); kind != "" {
		t.report.Hold = kind
		return why
	}
	if t.Observer == nil && t.past.Held == words.AtWork {
		t.report.Hold = words.AtWork
		return t.past.HeldWhy
	}
	return ""
}

// ask asks the manager about each service, once.
func (p *pass) ask(ctx context.Context) {
	var answers sync.Map // report.Service by name
	slots := make(chan struct{}, checksAtOnce)
	var questions sync.WaitGroup
	for _, t := range p.tasks {
		for _, s := range t.report.Services {
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
	for _, t := range p.tasks {
		for i, s := range t.report.Services {
			if answer, ok := answers.Load(s.Name); ok {
				t.report.Services[i] = answer.(report.Service)
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

// servicesOf lists the services of a daemon before any manager is asked.
func servicesOf(d Daemon) []report.Service {
	var list []report.Service
	for _, name := range d.Services {
		list = append(list, report.Service{Name: name})
	}
	return list
}
