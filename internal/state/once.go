package state

import (
	"errors"
	"io/fs"
	"maps"

	"daemon-keeper/internal/past"
)

// largestOnce is the limit of the file with what people have been told, in bytes.
const largestOnce = 4 << 20

// onceFile has topics by their hashes, because topics may be long.
type onceFile struct {
	header
	Told map[string]past.Told `json:"told"`
}

// Tell remembers under a key what people are told of now, and returns the topics that they
// know already. If it cannot remember, known is empty: people are told again.
func (s *Store) Tell(key string, o past.Once, now past.Stamp) (known map[string]bool, err error) {
	name := "once-" + escape(key) + ".json"
	if len(o.Topics) == 0 {
		if told, err := s.readOnce(name); err == nil && len(told) == 0 {
			return nil, nil // nearly every run: one file that does not exist
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
	next, known := o.Next(told, now)
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

func (s *Store) readOnce(name string) (map[string]past.Told, error) {
	told, err := load(s, name, "what people were told", largestOnce, parseOnce)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return told, err
}

func parseOnce(data []byte) (map[string]past.Told, error) {
	var file onceFile
	if err := parseFormat(data, &file); err != nil {
		return nil, err
	}
	return file.Told, nil
}
