package state

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"
)

// ledgerVersion stands in each line, because lines of several versions may stand in
// one file. It grows when a field changes its meaning or goes.
const ledgerVersion = 1

// What a line holds at most.
const (
	longestLine = 64 << 10 // bytes, with its end
	longestText = 4 << 10  // bytes of a reason, or of a daemon's name, which may be a path
	mostSteps   = 40
	mostSeconds = 100 * 365 * 24 * 60 * 60 // what is more comes from no clock
)

// line is an incident in the ledger.
type line struct {
	V int `json:"v"`
	plainIncident
	Began *Stamp `json:"began,omitempty"` // hides Incident's, which is for the one under way
}

// ledgerLine is an incident as a line of the ledger, with its end.
func ledgerLine(i Incident) ([]byte, error) {
	i.Seconds, i.Held = seconds(i.Seconds), seconds(i.Held)
	i.Down, i.Up, i.LastUp, i.Died = i.Down.UTC(), i.Up.UTC(), i.LastUp.UTC(), i.Died.UTC()
	i.Daemon = start(i.Daemon, longestText)
	i.Steps = slices.Clone(i.Steps[max(len(i.Steps)-mostSteps, 0):])
	for n := longestText; ; n /= 2 {
		shorten(&i, n)
		data, err := json.Marshal(line{V: ledgerVersion, plainIncident: plainIncident(i)})
		if err != nil || len(data) < longestLine {
			return append(data, '\n'), err
		}
	}
}

// shorten cuts all texts but the name.
func shorten(i *Incident, n int) {
	i.Reason, i.Kind, i.Cause, i.Outcome = start(i.Reason, n), start(i.Kind, n), start(i.Cause, n), start(i.Outcome, n)
	i.Sender, i.Certainty, i.Source = start(i.Sender, n), start(i.Certainty, n), start(i.Source, n)
	i.LastTry, i.For, i.Death = start(i.LastTry, n), start(i.For, n), i.Death.within(n)
	for k := range i.Steps {
		s := &i.Steps[k]
		s.Seconds = seconds(s.Seconds)
		s.Verb, s.Service, s.Error = start(s.Verb, n), start(s.Service, n), start(s.Error, n)
	}
}

func start(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// seconds makes a number of what JSON has none for, or what no clock has counted.
func seconds(s float64) float64 {
	if math.IsNaN(s) {
		return 0
	}
	return min(max(s, 0), mostSeconds)
}

var errLine = errors.New("it is no incident")

// readLine reads a line of a version that is known.
func readLine(data []byte) (Incident, error) {
	var l line
	if err := json.Unmarshal(data, &l); err != nil {
		return Incident{}, err
	}
	i := Incident(l.plainIncident)
	if l.V != ledgerVersion || !i.sound() {
		return Incident{}, errLine
	}
	i.Held = min(i.Held, i.Seconds)
	return i, nil
}

// sound reports whether it can be reckoned with.
func (i Incident) sound() bool {
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
	return i.Daemon != "" && plausible(i.Down) && i.Tries >= 0 && len(i.Steps) <= mostSteps &&
		i.Seconds == seconds(i.Seconds) && i.Held == seconds(i.Held)
}

// plausible: no clock goes before 1970, and RFC 3339 not beyond 9999.
func plausible(t time.Time) bool { return t.Unix() >= 0 && t.UTC().Year() <= 9999 }
