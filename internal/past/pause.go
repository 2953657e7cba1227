package past

import "time"

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

// Holds reports whether a pause has not ended yet.
func (p Pause) Holds(now Stamp) bool { return p.For == 0 || now.Since(p.From) < p.For }

// Settled is the pause that is to be kept instead, or it might never end: a stamp in
// the future is replaced by now, and one of another boot is set into this one, where
// the clock of the day does not matter any more. See Tally.Wait.
func (p Pause) Settled(now Stamp) Pause {
	if now.Before(p.From) {
		p.From = now
	}
	p.From = now.Retell(p.From)
	if p.For > 0 && now.Boot != "" && !now.SameBoot(p.From) {
		p.From.Boot, p.From.Up = now.Boot, now.Up-min(now.Since(p.From), p.For)
	}
	return p
}
