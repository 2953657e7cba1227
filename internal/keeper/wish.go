package keeper

import (
	"cmp"
	"context"
	"fmt"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// wished asks the manager whether an admin has stopped or disabled a service. If it is the
// daemon's own service, the first, the daemon is left alone. Another service is left out of
// the restart.
func (t *task) wished(ctx context.Context) (kind words.Hold, why string) {
	var first *rcd.Wish
	for i, service := range t.daemon.Services {
		w, err := t.Manager.Wish(ctx, service, t.pastOf(service))
		if err != nil {
			t.logOnce(report.Info, "cannot tell whether service '%s' was stopped on purpose: %v", service, err)
		}
		if w == nil || !t.respects(holdKind(w)) {
			continue
		}
		if i == 0 {
			first = w
		}
		if t.spared == nil {
			t.spared = make(map[string]*rcd.Wish)
		}
		t.spared[service] = w
	}
	if first == nil {
		return "", ""
	}
	return holdKind(first), fmt.Sprintf("service %s: %s; to have it kept again: %s", first.Service, first.Why, first.Undo)
}

// holdKind returns the configuration's word for a wish.
func holdKind(w *rcd.Wish) words.Hold {
	if w.Kind == rcd.WishStopped || w.Kind == rcd.WishFrozen {
		return words.Stopped
	}
	return words.Disabled
}

// pastOf returns what the manager needs to distinguish our own stops from those of others.
func (t *task) pastOf(service string) rcd.Past {
	stop := t.past.Stops[service]
	if shared := t.memory.stops[service]; stop.From.Time.Before(shared.From.Time) {
		stop = shared.Span
	}
	known := rcd.Past{From: stop.From.Time, To: stop.To.Time, Forgets: t.store() == nil}
	if last := t.past.LastUp; !last.IsZero() && last.Boot == t.memory.now().Boot {
		known.WasUp, known.UpTo = true, last.Time
		known.UpFrom = cmp.Or(t.past.UpSince, t.past.Ran.From).Time
		known.Meanwhile = t.hasStoppedOthers(service)
	}
	return known
}

// hasStoppedOthers reports whether a run has stopped another service between the last look at
// which the daemon was up and the first at which it was down.
func (t *task) hasStoppedOthers(service string) bool {
	down := t.memory.now()
	if t.past.Incident != nil {
		down = t.past.Incident.Began
	}
	for other, stop := range t.memory.stops {
		if other != service && stop.From.Before(down) && (stop.To.IsZero() || t.past.LastUp.Before(stop.To)) {
			return true
		}
	}
	return false
}
