// Package notify tells people about incidents: by a command of their own, and by mail.
package notify

import (
	"time"

	"daemon-keeper/internal/words"
)

// Item is what happened to one daemon. All texts may be hostile.
type Item struct {
	Name     string
	Event    words.Event
	State    string        // down, held, wrong...; "" means down
	Reason   string        // what was wrong when it was found
	Cause    string        // "" if unknown
	Sender   string        // who sent the signal that ended it; "" if unknown
	Sure     string        // how certain the sender, otherwise the cause, is: certain, likely or hint
	Source   string        // the witness that knows it
	Since    time.Time     // when it was first seen down; zero if unknown
	Done     string        // what was done about it; "" if nothing was, or not yet
	Words    []string      // what the daemon itself wrote before it ended
	Printed  []string      // the last lines of output of what was done
	Next     string        // what happens next; "" if nothing
	Downtime time.Duration // until now, or of the whole incident at its End
}

// Message is one message about all transitions of a run.
type Message struct {
	Event   words.Event       // the most serious of all: Begin, then Reminder, then End
	Daemons []string          // their names, the most serious first
	Subject string            // one line
	Text    string            // the body
	Report  []byte            // the report as JSON, for the hook's standard input; Compose does not set it
	Env     map[string]string // KEEPER_..., for the hook; other variables are not passed on
}
