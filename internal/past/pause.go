package past

import "time"

// AllPaused is the name of a Pause that applies to every daemon.
const AllPaused = "*"

// Pause is somebody's wish that a daemon be left alone.
type Pause struct {
	Name   string        `json:"name"`             // of a daemon, or AllPaused
	From   Stamp         `json:"from"`             // the beginning
	For    time.Duration `json:"for,omitempty"`    // nanoseconds; 0: until it is resumed
	By     string        `json:"by,omitempty"`     // who has paused it
	Reason string        `json:"reason,omitempty"` // why
}

// Holds reports whether a pause has not ended yet.
func (p Pause) Holds(now Stamp) bool { return p.For == 0 || now.Since(p.From) < p.For }

// Settled returns the pause that must be kept in place of p, or p might never end: a stamp in
// the future is replaced by now, and a stamp of another boot is converted to this boot, so
// that the wall clock does not matter any more. See Tally.Wait.
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
