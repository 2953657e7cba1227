// Package notify tells people about incidents: by a command of their own, and by mail.
package notify

import (
	"time"

	"daemon-keeper/internal/words"
)

// Item is what happened to one daemon. All texts may be hostile.
type Item struct {
	Name   string
	Event  words.Event
	Reason string // how it was found
	words.Blame
	Since    time.Time     // when it was first seen down
	Done     string        // what was done about it; "" if nothing, or nothing yet
	Words    []string      // what the daemon itself has written before its end
	Printed  []string      // the last lines that what was done has printed
	Next     string        // what happens next; "" if nothing does
	Downtime time.Duration // so far, or of the whole incident at its End
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
