package tracer

import "time"

// A storm of signals must not fill the log, and reading about the senders must not delay the
// signals.
const (
	mostAtOnce = 10
	refill     = 2 * time.Second
)

// bucket lets mostAtOnce through at once, and then one in each refill.
type bucket struct {
	spent int
	since time.Time // when spent was last reduced
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
