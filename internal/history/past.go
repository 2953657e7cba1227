// Package history is what a daemon's incidents come to over time: how long it was up, down
// and left alone, how often it died, and which moment a person means. It is arithmetic over
// values: it reads nothing, and it draws nothing.
package history

import (
	"time"

	"daemon-keeper/internal/words"
)

// Past is what is remembered of a daemon. Of the time before Known and after Seen
// nothing is known, unless there was an incident.
type Past struct {
	Name      string
	Known     time.Time  // since when it has been watched; zero: not before its first incident
	Seen      time.Time  // when it was last seen; zero: not after its last incident
	Incidents []Incident // also from before the period that is asked for, and the one under way
}

// Incident is from a daemon's being seen down to its being seen up again.
type Incident struct {
	Number    int           // among all of its daemon that are remembered, the oldest is 1
	LastUp    time.Time     // zero if it was never seen up
	Down      time.Time     // when it was first seen down
	Up        time.Time     // when it was up again; zero if it was not seen up again
	UnderWay  bool          // it is down now
	Took      time.Duration // by a clock that nobody sets, until now if it is under way; 0: only Down and Up tell
	Held      time.Duration // of that, how long it was deliberately left alone
	Reason    string        // how it was found
	Cause     string        // why it was down, if that is known
	Sender    string        // who sent the signal, if that is known
	Certainty string        // of the sender, else of the cause
	Source    string        // who knows that
	Outcome   words.Outcome
	For       string // brought back by a restart for this other daemon, with which it shares a service
	Tries     int
	Steps     []words.Step // of all tries
}
