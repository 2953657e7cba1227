package state

import (
	"math"
	"time"
)

// Daemon is what is remembered of one.
type Daemon struct {
	Known     Stamp           `json:"known,omitzero"`      // since when it has been watched
	LastUp    Stamp           `json:"last_up,omitzero"`    // when it was last seen up
	UpSince   Stamp           `json:"up_since,omitzero"`   // since when it has been seen up; zero while it is not
	Ran       Span            `json:"ran,omitzero"`        // from UpSince to LastUp, as they were when it was last seen down
	Processes []Process       `json:"processes,omitempty"` // as they were last seen, the main one first
	Left      []Process       `json:"left,omitempty"`      // of it by earlier main processes that have ended, as far as they still ran
	OldImage  string          `json:"old_image,omitempty"` // what people know of the old program that it runs
	Tally     Tally           `json:"tally,omitzero"`      // of tries to bring it back
	Held      string          `json:"held,omitempty"`      // what keeps it from being restarted, as people know: pause, stopped...
	HeldWhy   string          `json:"held_why,omitempty"`  // in words
	HeldSince Stamp           `json:"held_since,omitzero"` // since when
	Incident  *Incident       `json:"incident,omitempty"`  // the one under way
	Told      string          `json:"told,omitempty"`      // why nothing was done, as people know
	Stops     map[string]Span `json:"stops,omitempty"`     // our own last stop of each service
	Reminded  Stamp           `json:"reminded,omitzero"`   // when somebody was last told of the incident
	Totals    Totals          `json:"totals,omitzero"`     // since it has been watched
	Deaths    map[string]int  `json:"deaths,omitempty"`    // by their causes, of incidents in which it was not left alone
	Starts    []time.Time     `json:"starts,omitempty"`    // by a supervisor that starts it again by itself, as they were seen, the last ones
	Died      *Died           `json:"died,omitempty"`      // the last one of these that is over
}

// Process is one of a daemon's.
type Process struct {
	PID      int    `json:"pid"`
	Start    uint64 `json:"start"` // as the kernel counts it
	Threads  []int  `json:"threads,omitempty"`
	Parent   int    `json:"parent,omitempty"`   // that it had at LastUp
	Children []int  `json:"children,omitempty"` // that it had at LastUp: one of these that was started before is the same process still
	Unit     string `json:"unit,omitempty"`     // of systemd, that it is in
	Exe      string `json:"exe,omitempty"`      // what it executes, as the kernel tells it
	File     File   `json:"file,omitzero"`      // that file
	Script   File   `json:"script,omitzero"`    // the script that it runs, if that is what makes it the daemon
}

// File is a file whatever its name is: device and inode.
type File struct {
	Dev uint64 `json:"dev"`
	Ino uint64 `json:"ino"`
}

// Totals are sums over all incidents, those too that the ledger has dropped.
type Totals struct {
	Incidents int     `json:"incidents"`
	Restarts  int     `json:"restarts"`
	Downtime  float64 `json:"downtime"` // seconds
}

// Span is a time.
type Span struct {
	From Stamp `json:"from"`
	To   Stamp `json:"to"`
}

// Incident is from a daemon's being seen down to its being seen up again.
type Incident struct {
	Daemon    string    `json:"daemon"`
	LastUp    time.Time `json:"last_up,omitzero"`       // zero if it was never seen up
	Down      time.Time `json:"down"`                   // when it was first seen down
	Died      time.Time `json:"died,omitzero"`          // when it died, between LastUp and Down; zero if nobody knows
	Up        time.Time `json:"up,omitzero"`            // when it was up again
	Seconds   float64   `json:"seconds"`                // downtime
	Held      float64   `json:"held_seconds,omitempty"` // of that, how long it was deliberately left alone
	Reason    string    `json:"reason,omitempty"`       // how it was found
	Kind      string    `json:"kind,omitempty"`         // of the cause, a word of a fixed set; "": nobody has looked for it
	Cause     string    `json:"cause,omitempty"`        // if known
	Sender    string    `json:"sender,omitempty"`       // who sent the signal, if known
	Certainty string    `json:"certainty,omitempty"`    // of the sender, else of the cause
	Source    string    `json:"source,omitempty"`       // who knows that
	Death     *Death    `json:"death,omitempty"`        // all that was found; nil: nobody has looked, or it was an older version
	Tries     int       `json:"tries"`
	LastTry   string    `json:"last_try,omitempty"` // why the last of them did not bring it back
	Steps     []Step    `json:"steps,omitempty"`    // of all tries, the last ones
	Outcome   string    `json:"outcome"`            // brought_back, came_back, held, removed or still_down
	For       string    `json:"for,omitempty"`      // brought_back: the other daemon for which a service of this one was restarted
	Began     Stamp     `json:"began"`
}

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

// Died is what is remembered of an incident that is over, for who looks at the daemon soon
// after. The ledger has the rest.
type Died struct {
	Found   Stamp   `json:"found"`
	Up      Stamp   `json:"up"`
	Seconds float64 `json:"seconds"` // downtime
	Cause   string  `json:"cause,omitempty"`
}

// Step is one command that was run.
type Step struct {
	Verb    string  `json:"verb"`
	Service string  `json:"service"`
	Seconds float64 `json:"seconds"`
	Exit    *int    `json:"exit,omitempty"` // nil: it ran out of time, or could not be run
	Error   string  `json:"error,omitempty"`
}
