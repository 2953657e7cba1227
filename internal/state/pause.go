package state

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"
)

const (
	largestPauses = 256 << 10
	pausesName    = "pauses.json"
)

// AllPaused is the name in a Pause that holds for every daemon.
const AllPaused = "*"

// Pause is somebody's wish that a daemon be left alone.
type Pause struct {
	Name   string        `json:"name"`             // of a daemon, or AllPaused
	From   Stamp         `json:"from"`             // since when
	For    time.Duration `json:"for,omitempty"`    // nanoseconds; 0: until it is resumed
	By     string        `json:"by,omitempty"`     // who wishes it
	Reason string        `json:"reason,omitempty"` // why
}

// holds reports whether a pause has not ended yet.
func (p Pause) holds(now Stamp) bool { return p.For == 0 || now.Since(p.From) < p.For }

// settled is the pause that is to be kept instead, or it might never end: a stamp in
// the future is replaced by now, and one of another boot is set into this one, where
// the clock of the day does not matter any more. See Tally.Wait.
func (p Pause) settled(now Stamp) Pause {
	if now.Before(p.From) {
		p.From = now
	}
	p.From = now.Retell(p.From)
	if p.For > 0 && now.Boot != "" && !now.sameBoot(p.From) {
		p.From.Boot, p.From.Up = now.Boot, now.Up-min(now.Since(p.From), p.For)
	}
	return p
}

type pausesFile struct {
	header
	Pauses []Pause `json:"pauses"`
}

// Pauses lists those that hold now, by name. What cannot be read counts as none, and
// the error says why; there may be pauses and an error.
func (s *Store) Pauses(now Stamp) ([]Pause, error) {
	pauses, err := s.readPauses()
	if err != nil {
		return nil, err
	}
	unsettled := func(p Pause) bool { return p.holds(now) && p != p.settled(now) }
	if !s.looks && slices.ContainsFunc(pauses, unsettled) {
		err = s.changePauses(now, func(p []Pause) []Pause { return p })
	}
	return holding(pauses, now), err
}

// holding are those that have not ended, settled.
func holding(pauses []Pause, now Stamp) []Pause {
	var held []Pause
	for _, p := range pauses {
		if p.holds(now) {
			held = append(held, p.settled(now))
		}
	}
	return held
}

// Pause adds one, in place of an earlier one for the same name.
func (s *Store) Pause(p Pause) error {
	p.By, p.Reason = start(p.By, longestText), start(p.Reason, longestText)
	return s.changePauses(p.From, func(pauses []Pause) []Pause {
		return append(slices.DeleteFunc(pauses, func(o Pause) bool { return o.Name == p.Name }), p)
	})
}

// Resume ends the one for a name, or all for AllPaused, and returns what has ended:
// none if there was none.
func (s *Store) Resume(name string, now Stamp) ([]Pause, error) {
	var ended []Pause
	err := s.changePauses(now, func(pauses []Pause) []Pause {
		return slices.DeleteFunc(pauses, func(p Pause) bool {
			ends := p.Name == name || name == AllPaused
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

// changePauses changes those that hold now, while no other run does. People have
// asked for it, so it is on the disk when it returns.
func (s *Store) changePauses(now Stamp, change func([]Pause) []Pause) error {
	unlockStore, err := s.lock()
	if err != nil {
		return err
	}
	defer unlockStore()
	pauses, err := s.readPauses()
	if err != nil && !isBad(err) {
		return err // what is not seen must not be overwritten
	}
	pauses = change(holding(pauses, now))
	slices.SortFunc(pauses, func(a, b Pause) int { return strings.Compare(a.Name, b.Name) })
	data, err := encodeFormat(s.file(pausesName), pausesFile{header{formatVersion}, pauses}, largestPauses)
	if err != nil {
		return err
	}
	return s.replace(pausesName, data, true)
}

func (s *Store) readPauses() ([]Pause, error) {
	pauses, err := load(s, pausesName, "pauses", largestPauses, parsePauses)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return pauses, err
}

// parsePauses reads a file that may hold anything. What it returns can be written
// and read again.
func parsePauses(data []byte) ([]Pause, error) {
	var file pausesFile
	if err := parseFormat(data, &file); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(file.Pauses, func(p Pause) bool { return p.Name == "" || p.For < 0 }) {
		return nil, errDamaged
	}
	return file.Pauses, nil
}
