package tracer

import "time"

// A storm of signals must not fill the log, nor have the reading of who sends them hold up
// what is passed on.
const (
	mostAtOnce = 10
	refill     = 2 * time.Second
)

// bucket lets mostAtOnce through at once, and then one in each refill.
type bucket struct {
	spent int
	since time.Time // when what is spent was counted last
}

func (b *bucket) allow(now time.Time) bool {
	if back := int(now.Sub(b.since) / refill); back > 0 || b.since.IsZero() {
		b.spent = max(0, b.spent-back)
		b.since = now
	}
	if b.spent >= mostAtOnce {
		return false
	}
	b.spent++
	return true
}
