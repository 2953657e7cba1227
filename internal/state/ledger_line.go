package state

import (
	"encoding/json"
	"errors"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
)

// ledgerVersion is in each line, because one file may hold lines of several versions. It
// increases when a field changes its meaning or is removed.
const ledgerVersion = 1

// longestLine is the limit for a line with its newline, in bytes.
const longestLine = 64 << 10

// plainIncident has the fields of an incident without its methods.
type plainIncident past.Incident

// line is an incident in the ledger.
type line struct {
	V int `json:"v"`
	plainIncident
	Began *past.Stamp `json:"began,omitempty"` // hides Incident.Began, which is only for the current incident
}

// ledgerLine encodes an incident as a line of the ledger, with the newline.
func ledgerLine(i past.Incident) ([]byte, error) {
	i.Down, i.Up, i.LastUp, i.Died = i.Down.UTC(), i.Up.UTC(), i.LastUp.UTC(), i.Died.UTC()
	i.Daemon = words.Cut(i.Daemon, past.LongestText)
	for n := past.LongestText; ; n /= 2 {
		data, err := json.Marshal(line{V: ledgerVersion, plainIncident: plainIncident(i.Within(n))})
		if err != nil || len(data) < longestLine {
			return append(data, '\n'), err
		}
	}
}

var errLine = errors.New("it is not an incident")

// readLine parses a line of a known version.
func readLine(data []byte) (past.Incident, error) {
	var l line
	if err := json.Unmarshal(data, &l); err != nil {
		return past.Incident{}, err
	}
	i := past.Incident(l.plainIncident)
	if l.V != ledgerVersion || !i.Sound() {
		return past.Incident{}, errLine
	}
	i.Held = min(i.Held, i.Seconds)
	return i, nil
}
