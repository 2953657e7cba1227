// Package notify tells someone of incidents: through a command of theirs, and by mail.
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

// Message is what is told of a run's transitions: all in one.
type Message struct {
	Event   words.Event       // the gravest of all: Begin, then Reminder, then End
	Daemons []string          // their names, the gravest first
	Subject string            // one line
	Text    string            // the body
	Report  []byte            // JSON of the report, for the hook's standard input; not made by Compose
	Env     map[string]string // KEEPER_..., for the hook; others are not passed on
}
