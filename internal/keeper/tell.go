package keeper

import (
	"context"
	"slices"
	"sync"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

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
	if t.save(false, t) != nil || !t.saved { // else somebody would be told each minute, or twice
		t.past.Reminded = before
		return
	}
	t.teller.add(ctx, t.transitionNow(kind))
}

// transitionNow is what is told of the daemon as it is now.
func (t *task) transitionNow(kind words.Event) Transition {
	d := t.report
	if kind == words.Begin && d.Reason == "" {
		d.Reason = standing(t.last)
	}
	return Transition{kind, d, t.past.Incident.Lasts(t.memory.now())}
}
