package past

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"daemon-keeper/internal/words"
)

const longestTopic = 512 // bytes of it that are kept

// Once is what is wrong in a run and would otherwise be mailed by cron each minute: a
// violated rule, or a mistake in the configuration.
type Once struct {
	Topics []string          // what is wrong now
	Over   func(string) bool // reports whether another topic is over; a run cannot know this for what it has not looked at
	Remind time.Duration     // the interval after which people are told again; 0: never
}

// Told is a topic that people were told of.
type Told struct {
	Topic string `json:"topic"` // its beginning
	At    Stamp  `json:"at"`
}

// onceKey is a hash of the topic, which may be long.
func onceKey(topic string) string {
	sum := sha256.Sum256([]byte(topic))
	return hex.EncodeToString(sum[:16])
}

// Next returns what is to be remembered, and the topics that people know already.
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
