package state

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"time"
)

const (
	largestOnce  = 4 << 20 // bytes of the file of what people have been told
	longestTopic = 512
)

// Once is what is wrong in a run and would be mailed by cron each minute: a rule that is
// broken, a mistake in the configuration.
type Once struct {
	Topics []string          // what is wrong now
	Over   func(string) bool // whether another topic is over; of what a run has not looked at it cannot tell
	Remind time.Duration     // people are told again after each such time; 0: never
}

// onceFile has topics by their sums, for they may be long.
type onceFile struct {
	header
	Told map[string]onceTold `json:"told"`
}

type onceTold struct {
	Topic string `json:"topic"` // the beginning of it
	At    Stamp  `json:"at"`
}

func onceKey(topic string) string {
	sum := sha256.Sum256([]byte(topic))
	return hex.EncodeToString(sum[:16])
}

// Tell remembers under a key what people are told of now, and returns which topics they
// need not be told of again. What cannot be remembered is told: known is empty then.
func (s *Store) Tell(key string, o Once, now Stamp) (known map[string]bool, err error) {
	name := "once-" + escape(key) + ".json"
	if len(o.Topics) == 0 {
		if told, err := s.readOnce(name); err == nil && len(told) == 0 {
			return nil, nil // nearly every run: one file that is not there
		}
	}
	unlockStore, err := s.lock()
	if err != nil {
		return nil, err
	}
	defer unlockStore()
	told, err := s.readOnce(name)
	if err != nil && !isBad(err) {
		return nil, err
	}
	next, known := o.next(told, now)
	switch {
	case maps.Equal(next, told):
		return known, nil
	case len(next) == 0:
		return known, s.remove(name)
	}
	data, err := encodeFormat(s.file(name), onceFile{header{formatVersion}, next}, largestOnce)
	if err == nil {
		err = s.replace(name, data, true)
	}
	if err != nil {
		return nil, err
	}
	return known, nil
}

// next is what is to be remembered, and what is known already.
func (o Once) next(told map[string]onceTold, now Stamp) (next map[string]onceTold, known map[string]bool) {
	next, known = make(map[string]onceTold), make(map[string]bool)
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
		next[k] = onceTold{start(topic, longestTopic), now}
	}
	return next, known
}

func (s *Store) readOnce(name string) (map[string]onceTold, error) {
	told, err := load(s, name, "what people were told", largestOnce, parseOnce)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return told, err
}

func parseOnce(data []byte) (map[string]onceTold, error) {
	var file onceFile
	if err := parseFormat(data, &file); err != nil {
		return nil, err
	}
	return file.Told, nil
}
