package keeper

import (
	"context"
	"slices"
	"sync"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

// A run remembers in several places that somebody was told, because each ends with something
// else. None of them holds anything back from who asks: status, check, a dry run.
//
//	past.Daemon.Held       why it is left alone: told when the reason changes; ends with the hold
//	past.Daemon.Told       why nothing is done (task.news): ends when the daemon is up
//	past.Tally.Told        the step of the back-off: ends with the back-off, which a short time up does not end
//	past.Daemon.Reminded   the incident, by hook and mail: told again after each Remind; ends with the incident
//	past.Once              what is wrong apart from incidents (a rule, a mistake, tracing): ends when it is mended
//	pass.told              lines of this run that are true of the machine: written once, and not remembered
//
// A teller remembers nothing: it gathers what hook and mail are given.

// Transition is what somebody is told of.
type Transition struct {
	Kind     words.Event
	Daemon   report.Daemon
	Downtime time.Duration // so far
}

// gathering is how long a first beginning waits for others: twenty daemons that are
// down at once are one message.
const gathering = time.Second

// teller passes transitions on while the work goes on: a hook that hangs keeps no
// daemon from being restarted.
type teller struct {
	tell func(context.Context, []Transition)

	mu      sync.Mutex
	waiting []Transition
	timer   *time.Timer
	under   sync.WaitGroup
}

func (t *teller) add(ctx context.Context, x Transition) {
	if t.tell == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = append(t.waiting, x)
	if t.timer == nil && x.Kind == words.Begin {
		t.under.Add(1)
		t.timer = time.AfterFunc(gathering, func() {
			defer t.under.Done()
			t.flush(ctx)
		})
	}
}

// flush tells all that has come together.
func (t *teller) flush(ctx context.Context) {
	t.mu.Lock()
	list := t.waiting
	t.waiting, t.timer = nil, nil
	t.mu.Unlock()
	for _, kind := range []words.Event{words.Begin, words.Reminder, words.End} { // who is told of an end must not look for it behind a beginning
		of := slices.DeleteFunc(slices.Clone(list), func(x Transition) bool { return x.Kind != kind })
		if len(of) > 0 {
			t.tell(ctx, of)
		}
	}
}

// end tells the rest, and waits until everybody has been told.
func (t *teller) end(ctx context.Context) {
	if t.tell == nil {
		return
	}
	t.mu.Lock()
	if t.timer != nil && t.timer.Stop() {
		t.under.Done()
		t.timer = nil
	}
	t.mu.Unlock()
	t.under.Wait()
	t.flush(ctx)
}

// announce tells of a daemon that is down and is not left alone: once, and again
// after each time of reminding.
func (r *task) announce(ctx context.Context) {
	if r.store() == nil || r.past.Incident == nil {
		return
	}
	now := r.memory.now()
	kind := words.Begin
	if !r.past.Reminded.IsZero() {
		kind = words.Reminder
		if r.Remind <= 0 || now.Since(r.past.Reminded) < r.Remind {
			return
		}
	}
	before := r.past.Reminded
	r.past.Reminded, r.transition = now, true
	if r.save(false, r) != nil || !r.saved { // else somebody would be told each minute, or twice
		r.past.Reminded = before
		return
	}
	r.teller.add(ctx, r.transitionNow(kind))
}

// transitionNow is what is told of the daemon as it is now.
func (r *task) transitionNow(kind words.Event) Transition {
	d := r.report
	if kind == words.Begin && d.Reason == "" {
		d.Reason = standing(r.last)
	}
	return Transition{kind, d, r.past.Incident.Lasts(r.memory.now())}
}
