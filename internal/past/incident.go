package past

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"daemon-keeper/internal/words"
)

// Incident is the time from when a daemon is seen down until it is seen up again.
type Incident struct {
	Daemon  string      `json:"daemon"`
	LastUp  time.Time   `json:"last_up,omitzero"`       // zero if it was never seen up
	Down    time.Time   `json:"down"`                   // when it was first seen down
	Died    time.Time   `json:"died,omitzero"`          // when it died, between LastUp and Down; zero if nobody knows
	Up      time.Time   `json:"up,omitzero"`            // when it was up again
	Seconds float64     `json:"seconds"`                // downtime
	Held    float64     `json:"held_seconds,omitempty"` // of that, how long it was deliberately left alone
	Reason  string      `json:"reason,omitempty"`       // how it was found
	Kind    words.Cause `json:"kind,omitempty"`         // of the cause, a word of a fixed set; "": nobody has looked for it
	words.Blame
	Death   *Death        `json:"death,omitempty"` // all that was found; nil: nobody has looked, or it was an older version
	Tries   int           `json:"tries"`
	LastTry string        `json:"last_try,omitempty"` // why the last of them did not bring it back
	Steps   []words.Step  `json:"steps,omitempty"`    // of all tries, the last ones
	Outcome words.Outcome `json:"outcome"`
	For     string        `json:"for,omitempty"` // brought_back: the other daemon for which a service of this one was restarted
	Began   Stamp         `json:"began"`
}

// plainIncident has the fields of Incident without its methods.
type plainIncident Incident

// MarshalJSON defers encoding/json's costly reflection on Incident until one is present,
// which is rare.
func (i *Incident) MarshalJSON() ([]byte, error) { return json.Marshal((*plainIncident)(i)) }

// UnmarshalJSON does the same.
func (i *Incident) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, (*plainIncident)(i)) }

// From returns when the incident began, as far as known.
func (i *Incident) From() time.Time {
	if i.Died.IsZero() {
		return i.Down
	}
	return i.Died
}

// Lasts returns how long the daemon has been down. The time from its death until it was seen
// down is by the wall clock, the rest by the clock since boot, which cannot be set.
func (i *Incident) Lasts(now Stamp) time.Duration {
	seen, before := now.Since(i.Began), max(i.Down.Sub(i.From()), 0)
	if seen > math.MaxInt64-before { // the file was not written by us
		return math.MaxInt64
	}
	return seen + before
}

// Retold returns the incident with its times corrected for changes of the wall clock since,
// see Stamp.Retell.
func (i Incident) Retold(now Stamp) Incident {
	shift := now.Retell(i.Began).Time.Sub(i.Began.Time)
	i.Down = i.Down.Add(shift)
	if !i.LastUp.IsZero() {
		i.LastUp = i.LastUp.Add(shift)
	}
	if !i.Died.IsZero() {
		i.Died = i.Died.Add(shift)
	}
	return i
}

// SoFar is the incident under way, until now.
func (d Daemon) SoFar(now Stamp) Incident {
	i := d.Incident.Retold(now)
	i.Seconds = d.Incident.Lasts(now).Seconds()
	if d.Held != "" {
		i.Held += now.Since(d.HeldSince).Seconds()
	}
	return i
}

// End is when it was over. A clock that was set back does not make that earlier
// than its beginning.
func (i Incident) End() time.Time {
	end := i.From().Add(words.Duration(i.Seconds))
	if i.Up.After(end) {
		return i.Up
	}
	return end
}

// Within returns a copy of an incident with its last steps only, and with no text but the
// name longer than n bytes. The original is not changed.
func (i Incident) Within(n int) Incident {
	i.Seconds, i.Held = seconds(i.Seconds), seconds(i.Held)
	for _, text := range []*string{&i.Reason, (*string)(&i.Kind), &i.Cause, (*string)(&i.Outcome), &i.Sender, (*string)(&i.Certainty), &i.Source, &i.LastTry, &i.For} {
		*text = words.Cut(*text, n)
	}
	i.Death = i.Death.within(n)
	i.Steps = slices.Clone(i.Steps[max(len(i.Steps)-MostSteps, 0):])
	for k := range i.Steps {
		s := &i.Steps[k]
		s.Seconds = seconds(s.Seconds)
		for _, text := range []*string{(*string)(&s.Verb), &s.Service, &s.Error} {
			*text = words.Cut(*text, n)
		}
	}
	return i
}

// mostSeconds is a hundred years: a larger number comes from no clock.
const mostSeconds = 100 * 365 * 24 * 60 * 60

// seconds replaces numbers that JSON cannot hold or no clock has counted.
func seconds(s float64) float64 {
	if math.IsNaN(s) {
		return 0
	}
	return min(max(s, 0), mostSeconds)
}

// Sound reports whether the incident's numbers and times are plausible.
func (i Incident) Sound() bool {
	for _, s := range i.Steps {
		if s.Seconds != seconds(s.Seconds) {
			return false
		}
	}
	for _, t := range []time.Time{i.LastUp, i.Up, i.Died} {
		if !t.IsZero() && !plausible(t) {
			return false
		}
	}
	return i.Daemon != "" && plausible(i.Down) && i.Tries >= 0 && len(i.Steps) <= MostSteps &&
		i.Seconds == seconds(i.Seconds) && i.Held == seconds(i.Held)
}

// plausible reports whether a clock can have shown this time: not before 1970, and not after
// the year 9999, the last of RFC 3339.
func plausible(t time.Time) bool { return t.Unix() >= 0 && t.UTC().Year() <= 9999 }
