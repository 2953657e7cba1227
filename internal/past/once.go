package past

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"daemon-keeper/internal/words"
)

const longestTopic = 512 // bytes of it that are kept

// Once is what is wrong in a run and would be mailed by cron each minute: a rule that is
// broken, a mistake in the configuration.
type Once struct {
	Topics []string          // what is wrong now
	Over   func(string) bool // whether another topic is over; of what a run has not looked at it cannot tell
	Remind time.Duration     // people are told again after each such time; 0: never
}

// Told is a topic of which people know.
type Told struct {
	Topic string `json:"topic"` // the beginning of it
	At    Stamp  `json:"at"`
}

// onceKey stands for a topic, which may be long.
func onceKey(topic string) string {
	sum := sha256.Sum256([]byte(topic))
	return hex.EncodeToString(sum[:16])
}

// Next is what is to be remembered, and what is known already.
func (o Once) Next(told map[string]Told, now Stamp) (next map[string]Told, known map[string]bool) {
	next, known = make(map[string]Told), make(map[string]bool)
	for k, t := range told {
		if o.Over != nil && !o.Over(t.Topic) {
			next[k] = t
		}
	}
	for _, topic := range o.Topics {
		k := onceKey(topic)
		before, ok := told[k]
		if ok && !now.Before(before.At) && (o.Remind <= 0 || now.Since(before.At) < o.Remind) {
			known[topic] = true
			next[k] = before
			continue
		}
		next[k] = Told{words.Cut(topic, longestTopic), now}
	}
	return next, known
}
