package state

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
)

const (
	largestPauses = 256 << 10
	pausesName    = "pauses.json"
)

type pausesFile struct {
	header
	Pauses []past.Pause `json:"pauses"`
}

// Pauses lists the pauses that are in force now, by name. What cannot be read counts as no
// pause, and the error says why; there may be pauses as well as an error.
func (s *Store) Pauses(now past.Stamp) ([]past.Pause, error) {
	pauses, err := s.readPauses()
	if err != nil {
		return nil, err
	}
	unsettled := func(p past.Pause) bool { return p.Holds(now) && p != p.Settled(now) }
	if !s.looks && slices.ContainsFunc(pauses, unsettled) {
		err = s.changePauses(now, func(p []past.Pause) []past.Pause { return p })
	}
	return holding(pauses, now), err
}

// holding lists the pauses that have not ended, settled (see Pause.Settled).
func holding(pauses []past.Pause, now past.Stamp) []past.Pause {
	var held []past.Pause
	for _, p := range pauses {
		if p.Holds(now) {
			held = append(held, p.Settled(now))
		}
	}
	return held
}

// Pause adds a pause. It replaces an earlier one with the same name.
func (s *Store) Pause(p past.Pause) error {
	p.By, p.Reason = words.Cut(p.By, past.LongestText), words.Cut(p.Reason, past.LongestText)
	return s.changePauses(p.From, func(pauses []past.Pause) []past.Pause {
		return append(slices.DeleteFunc(pauses, func(o past.Pause) bool { return o.Name == p.Name }), p)
	})
}

// Resume ends the pause with a name, or all for AllPaused, and returns the pauses that it has
// ended.
func (s *Store) Resume(name string, now past.Stamp) ([]past.Pause, error) {
	var ended []past.Pause
	err := s.changePauses(now, func(pauses []past.Pause) []past.Pause {
		return slices.DeleteFunc(pauses, func(p past.Pause) bool {
			ends := p.Name == name || name == past.AllPaused
			if ends {
				ended = append(ended, p)
			}
			return ends
		})
	})
	if err != nil {
		return nil, err
	}
	return ended, nil
}

// changePauses changes the pauses that are in force now, while other runs are locked out.
// People have asked for it, so the change is on the disk when it returns.
func (s *Store) changePauses(now past.Stamp, change func([]past.Pause) []past.Pause) error {
	unlockStore, err := s.lock()
	if err != nil {
		return err
	}
	defer unlockStore()
	pauses, err := s.readPauses()
	if err != nil && !isBad(err) {
		return err // what could not be read must not be overwritten
	}
	pauses = change(holding(pauses, now))
	slices.SortFunc(pauses, func(a, b past.Pause) int { return strings.Compare(a.Name, b.Name) })
	data, err := encodeFormat(s.file(pausesName), pausesFile{header{formatVersion}, pauses}, largestPauses)
	if err != nil {
		return err
	}
	return s.replace(pausesName, data, true)
}

func (s *Store) readPauses() ([]past.Pause, error) {
	pauses, err := load(s, pausesName, "pauses", largestPauses, parsePauses)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return pauses, err
}

// parsePauses reads a file that may contain anything. What it returns can be written and read
// again.
func parsePauses(data []byte) ([]past.Pause, error) {
	var file pausesFile
	if err := parseFormat(data, &file); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(file.Pauses, func(p past.Pause) bool { return p.Name == "" || p.For < 0 }) {
		return nil, errDamaged
	}
	return file.Pauses, nil
}
