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
	Downtime time.Duration // until now
}

// gathering is how long the first announcement of a failure waits for others: twenty daemons
// that go down at once become one message.
const gathering = time.Second

// teller passes transitions on in the background: a notification hook that hangs does not
// delay a restart.
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

// flush passes on all transitions that have been collected.
func (t *teller) flush(ctx context.Context) {
	t.mu.Lock()
	list := t.waiting
	t.waiting, t.timer = nil, nil
	t.mu.Unlock()
	for _, kind := range []words.Event{words.Begin, words.Reminder, words.End} { // people must hear of ends last
		of := slices.DeleteFunc(slices.Clone(list), func(x Transition) bool { return x.Kind != kind })
		if len(of) > 0 {
			t.tell(ctx, of)
		}
	}
}

// end passes on the rest, and waits until everybody has been told.
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

// announce announces a daemon that is down and not left alone: once, and again after each
// reminder interval.
func (t *task) announce(ctx context.Context) {
	if t.store() == nil || t.past.Incident == nil {
		return
	}
	now := t.memory.now()
	kind := words.Begin
	if !t.past.Reminded.IsZero() {
		kind = words.Reminder
		if t.Remind <= 0 || now.Since(t.past.Reminded) < t.Remind {
			return
		}
	}
	before := t.past.Reminded
	t.past.Reminded, t.transition = now, true
	if t.save(false, t) != nil || !t.saved { // otherwise somebody would be told each minute, or twice
		t.past.Reminded = before
		return
	}
	t.teller.add(ctx, t.transitionNow(kind))
}

// transitionNow returns a transition with the present state of the daemon.
func (t *task) transitionNow(kind words.Event) Transition {
	d := t.report
	if kind == words.Begin && d.Reason == "" {
		d.Reason = standing(t.last)
	}
	return Transition{kind, d, t.past.Incident.Lasts(t.memory.now())}
}
