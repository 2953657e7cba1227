package state

import (
	"bytes"
	"errors"
	"io/fs"

	"daemon-keeper/internal/past"
)

// largestMemory is in bytes: about 1 MiB for each thousand daemons with large entries.
const largestMemory = 8 << 20

type memoryFile struct {
	header
	Daemons map[string]past.Daemon `json:"daemons"`
}

// memoryName returns the file name for a key. The key "" is the configuration; any other is a
// daemon that was named on the command line.
func memoryName(key string) string {
	if key == "" {
		return "memory.json"
	}
	return "memory-" + escape(key) + ".json"
}

// Read returns what is remembered of each daemon, by name. The map is never nil: a file that
// cannot be read counts as empty, and the error says why, usually with a Hint.
func (s *Store) Read(key string) (map[string]past.Daemon, error) {
	return s.readMemory(key, func(data []byte) (map[string]past.Daemon, error) {
		m, err := parseMemory(data)
		if err != nil {
			return nil, err
		}
		clone := past.CloneAll(m) // before somebody else may change it
		s.seen.keep(data, m)
		return clone, nil
	})
}

func (s *Store) readMemory(key string, parse func([]byte) (map[string]past.Daemon, error)) (map[string]past.Daemon, error) {
	m, err := load(s, memoryName(key), "memory", largestMemory, parse)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return map[string]past.Daemon{}, nil
	case err != nil:
		return map[string]past.Daemon{}, err
	}
	return m, nil
}

// Update changes what is remembered. It locks out other runs meanwhile, and starts from the
// present file, which others may have changed since the last Read. With sync the file is on
// the disk when Update returns; without, a crash of the machine may lose it. A file that
// cannot be believed counts as empty. On an error the old file stays.
func (s *Store) Update(key string, sync bool, change func(map[string]past.Daemon)) error {
	unlockStore, err := s.lock()
	if err != nil {
		return err
	}
	defer unlockStore()
	daemons, err := s.readMemory(key, s.seen.parse)
	if err != nil && !isBad(err) {
		return err // what could not be read must not be overwritten
	}
	change(daemons)
	data, err := encodeMemory(s.file(memoryName(key)), daemons)
	if err != nil {
		return err
	}
	return s.replace(memoryName(key), data, sync)
}

// encodeMemory shortens what is too long, in the map itself.
func encodeMemory(path string, daemons map[string]past.Daemon) ([]byte, error) {
	for name, d := range daemons {
		daemons[name] = d.Bounded()
	}
	data, err := encodeFormat(path, memoryFile{header{formatVersion}, daemons}, largestMemory)
	if !errors.Is(err, errTooLarge) {
		return data, err
	}
	for _, d := range daemons {
		if d.Incident != nil { // Bounded has made a copy
			d.Incident.Death = nil // thousands of daemons are down: they are kept, but their deaths are not explained
		}
	}
	return encodeFormat(path, memoryFile{header{formatVersion}, daemons}, largestMemory)
}

// parseMemory reads a file that may contain anything. What it returns can be written and read
// again.
func parseMemory(data []byte) (map[string]past.Daemon, error) {
	var file memoryFile
	if len(bytes.Trim(data, "\x00")) == 0 {
		return nil, errors.New("it is empty: the machine went down before it was on the disk")
	}
	if err := parseFormat(data, &file); err != nil {
		return nil, err
	}
	for _, d := range file.Daemons {
		if d.Tally.Tries < 0 || d.Tally.Told < 0 {
			return nil, errDamaged
		}
	}
	if file.Daemons == nil {
		file.Daemons = map[string]past.Daemon{}
	}
	return file.Daemons, nil
}
