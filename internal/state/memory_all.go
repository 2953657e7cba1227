package state

import (
	"errors"
	"slices"
	"strings"

	"daemon-keeper/internal/past"
)

// ReadAll merges all memories: those of the configuration and of each -e line of a crontab.
// If several memories have a daemon, the one that has seen it last counts.
func (s *Store) ReadAll() (map[string]past.Daemon, error) {
	names, err := s.names()
	if err != nil {
		return map[string]past.Daemon{}, failed("list", s.path, err)
	}
	slices.Sort(names)
	all := make(map[string]past.Daemon)
	var errs []error
	for _, name := range names {
		if name != memoryName("") && !(strings.HasPrefix(name, "memory-") && strings.HasSuffix(name, ".json")) {
			continue
		}
		daemons, err := load(s, name, "memory", largestMemory, parseMemory)
		if err != nil {
			errs = append(errs, err)
		}
		for name, d := range daemons {
			if before, ok := all[name]; !ok || before.LastUp.Time.Before(d.LastUp.Time) {
				all[name] = d
			}
		}
	}
	return all, errors.Join(errs...)
}
