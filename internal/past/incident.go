package past

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"daemon-keeper/internal/words"
)

// Incident is from a daemon's being seen down to its being seen up again.
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

// MarshalJSON defers the costly reflection of package json on an incident until there is
// one, which is seldom.
func (i *Incident) MarshalJSON() ([]byte, error) { return json.Marshal((*plainIncident)(i)) }

// UnmarshalJSON does the same.
func (i *Incident) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, (*plainIncident)(i)) }

// From is when an incident began, as well as that is known.
func (i *Incident) From() time.Time {
	if i.Died.IsZero() {
		return i.Down
	}
	return i.Died
}

// Lasts is how long it has been down. The time from its death until it was seen down is by
// the clock of the day, the rest by one that nobody sets.
func (i *Incident) Lasts(now Stamp) time.Duration {
	seen, before := now.Since(i.Began), max(i.Down.Sub(i.From()), 0)
	if seen > math.MaxInt64-before { // the file was not written by us
		return math.MaxInt64
	}
	return seen + before
}

// Retold is the incident with its beginning as the clock has it now, see Stamp.Retell.
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

// Within is an incident with its last steps, and with no text but the name longer than so
// many bytes. What is given stays as it is.
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

// mostSeconds is a hundred years: what is more comes from no clock.
const mostSeconds = 100 * 365 * 24 * 60 * 60

// seconds makes a number of what JSON has none for, or what no clock has counted.
func seconds(s float64) float64 {
	if math.IsNaN(s) {
		return 0
	}
	return min(max(s, 0), mostSeconds)
}

// Sound reports whether it can be reckoned with.
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

// plausible: no clock goes before 1970, and RFC 3339 not beyond 9999.
func plausible(t time.Time) bool { return t.Unix() >= 0 && t.UTC().Year() <= 9999 }
