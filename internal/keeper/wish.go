package keeper

import (
	"cmp"
	"context"
	"fmt"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// wished asks the manager for the wish of an admin, who has stopped or disabled a service. The daemon
// is left alone if that is its first service, which is its own; another one is left
// out.
func (r *task) wished(ctx context.Context) (kind words.Hold, why string) {
	var first *rcd.Wish
	for i, service := range r.daemon.Services {
		w, err := r.Manager.Wish(ctx, service, r.pastOf(service))
		if err != nil {
			r.logOnce(report.Info, "cannot tell whether service '%s' was stopped on purpose: %v", service, err)
		}
		if w == nil || !r.respects(holdKind(w)) {
			continue
		}
		if i == 0 {
			first = w
		}
		if r.spared == nil {
			r.spared = make(map[string]*rcd.Wish)
		}
		r.spared[service] = w
	}
	if first == nil {
		return "", ""
	}
	return holdKind(first), fmt.Sprintf("service %s: %s; to have it kept again: %s", first.Service, first.Why, first.Undo)
}

// holdKind is what the configuration calls a wish.
func holdKind(w *rcd.Wish) words.Hold {
	if w.Kind == rcd.WishStopped || w.Kind == rcd.WishFrozen {
		return words.Stopped
	}
	return words.Disabled
}

// pastOf is what the manager must know to tell our own stops from others'.
func (r *task) pastOf(service string) rcd.Past {
	stop := r.past.Stops[service]
	if shared := r.memory.stops[service]; stop.From.Time.Before(shared.From.Time) {
		stop = shared.Span
	}
	known := rcd.Past{From: stop.From.Time, To: stop.To.Time, Forgets: r.store() == nil}
	if last := r.past.LastUp; !last.IsZero() && last.Boot == r.memory.now().Boot {
		known.WasUp, known.UpTo = true, last.Time
		known.UpFrom = cmp.Or(r.past.UpSince, r.past.Ran.From).Time
		known.Meanwhile = r.hasStoppedOthers(service)
	}
	return known
}

// hasStoppedOthers reports whether a run has stopped some other service after the daemon
// was last seen up, and before it was first seen down.
func (r *task) hasStoppedOthers(service string) bool {
	down := r.memory.now()
	if r.past.Incident != nil {
		down = r.past.Incident.Began
	}
	for other, stop := range r.memory.stops {
		if other != service && stop.From.Before(down) && (stop.To.IsZero() || r.past.LastUp.Before(stop.To)) {
			return true
		}
	}
	return false
}
