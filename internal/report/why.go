package report

import (
	"io"
	"slices"
	"time"

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/words"
)

// Account explains an incident: what has happened to a daemon, who did it, and how sure
// that is.
type Account struct {
	Name       string        `json:"name"`
	Executable string        `json:"executable,omitempty"` // of the configuration; "" if it does not know the daemon
	State      string        `json:"state"`                // up, down, held or unknown, as it was last seen
	Since      time.Time     `json:"state_since,omitempty"`
	Seen       time.Time     `json:"seen,omitempty"`          // when that was; zero: never
	Died       time.Time     `json:"died,omitempty"`          // zero: only that it was after LastUp and not after Down
	Lived      time.Duration `json:"lived_seconds,omitempty"` // how long it had been seen up; 0: not known
	Kind       string        `json:"kind,omitempty"`          // of the cause, a word of a closed list; "": nobody has looked for it
	Explained  bool          `json:"explained"`               // the cause is known, and the sender, if there must be one
	Incident   history.Incident
	Lines      []WhyLine
	Services   []string // of the configuration
	After      []string // daemons that come after it there
	Next       []string // commands that show more, to be pasted
	Missing    []string // witnesses that were not there, and how to switch them on
	Silent     []string // witnesses that did not answer, and why
	More       []string // where there is more to read
}

// WhyLine is a piece of what is known.
type WhyLine struct {
	Kind      string    `json:"kind"` // cause, by or note
	Text      string    `json:"text"`
	Certainty string    `json:"certainty"`
	Source    string    `json:"source"`
	When      time.Time `json:"time,omitempty"` // zero: not known
	Later     bool      `json:"later"`          // found when somebody asked again
}

// Why writes explanations: for people a paragraph for each incident, in the manner of Solaris'
// svcs -x, the latest one last, where it stays visible on a terminal; or one JSON object, which
// docs/daemon-keeper.why.schema.json describes.
type Why struct {
	Out   io.Writer
	Width int // columns of the terminal, at least 40; 0 if there is no limit
	Color bool
	Now   time.Time // its location is that of the dates for people
	JSON  bool
	None  string // what is said if there is nothing to explain
}

// Write prints the explanations.
func (w Why) Write(list []Account) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Account) int { return a.Incident.From().Compare(b.Incident.From()) })
	if w.JSON {
		w.object(list)
		return
	}
	w.text(list)
}

// restarted are the services that were started in an incident, in that order.
func restarted(i history.Incident) []string {
	var list []string
	for _, s := range i.Steps {
		if s.Verb == words.Start && !slices.Contains(list, s.Service) {
			list = append(list, s.Service)
		}
	}
	return list
}

// failedStart is the last command of an incident that did not do its work; nil if all did in
// the end.
func failedStart(i history.Incident) *words.Step {
	for k := len(i.Steps) - 1; k >= 0; k-- {
		s := i.Steps[k]
		if s.Error != "" && s.Verb == words.Start {
			return &s
		}
		if s.Verb == words.Start {
			return nil
		}
	}
	return nil
}
