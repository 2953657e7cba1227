package state

import (
	"bytes"
	"sync"

	"daemon-keeper/internal/past"
)

// seen is the memory that was read last. If the file is still the same when it is changed,
// the usual case, it need not be parsed again: parsing is most of the work.
type seen struct {
	mu      sync.Mutex
	data    []byte
	daemons map[string]past.Daemon // never shared
}

func (s *seen) keep(data []byte, daemons map[string]past.Daemon) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data, s.daemons = data, daemons
}

// parse gives the kept map to its first caller, who may change it.
func (s *seen) parse(data []byte) (map[string]past.Daemon, error) {
	s.mu.Lock()
	kept, same := s.daemons, bytes.Equal(data, s.data)
	s.data, s.daemons = nil, nil
	s.mu.Unlock()
	if kept != nil && same {
		return kept, nil
	}
	return parseMemory(data)
}
