package words

import (
	"slices"
	"strconv"
	"time"
)

// Verb is what a service manager is told to do with a service.
type Verb string

// The verbs.
const (
	Stop   Verb = "stop"
	Start  Verb = "start"
	Status Verb = "status"
)

// Step is a command of an incident that was run, as the memory and the ledger keep it.
type Step struct {
	Verb    Verb    `json:"verb"`
	Service string  `json:"service"`
	Seconds float64 `json:"seconds"`
	Exit    *int    `json:"exit,omitempty"`  // nil: it ran out of time, or could not be run
	Error   string  `json:"error,omitempty"` // "" if it did its work
}

// Process is one that has ended, as it was remembered.
type Process struct {
	PID     int       `json:"pid"`
	Threads []int     `json:"threads,omitempty"` // none if it had a single one
	Started time.Time `json:"started,omitzero"`  // by the clock of the day as it is now; zero if it is not known
}

// Has reports whether a number is the process or one of its threads.
func (p Process) Has(id int) bool { return id == p.PID || slices.Contains(p.Threads, id) }

// Count is how many processes there should be.
type Count struct {
	Min, Max int // Max is NoLimit for any number
}

// NoLimit is a Max that nothing exceeds.
const NoLimit = -1

// Exceeds reports whether a number of processes is too large.
func (c Count) Exceeds(n int) bool { return c.Max != NoLimit && n > c.Max }

// String is 1-2, 1- or 1, as a configuration has it.
func (c Count) String() string {
	switch c.Max {
	case c.Min:
		return strconv.Itoa(c.Min)
	case NoLimit:
		return strconv.Itoa(c.Min) + "-"
	}
	return strconv.Itoa(c.Min) + "-" + strconv.Itoa(c.Max)
}

// Hold is what keeps a daemon that is down from being restarted, as the configuration and
// the reports call it.
type Hold string

// The holds. AtWork is not a wish of anybody's, so no configuration can switch it off: to disturb
// what is under way undoes what somebody has just begun.
const (
	Paused   Hold = "pause"
	Stopped  Hold = "stopped"
	Disabled Hold = "disabled"
	Packages Hold = "packages" // a package manager is at work
	AtWork   Hold = "at_work"  // the service manager, or somebody's command, is at work on a service
)

// Wishes are the holds that a configuration may switch off.
func Wishes() []Hold { return []Hold{Paused, Stopped, Disabled, Packages} }

// Outcome is how an incident has ended.
type Outcome string

// The outcomes.
const (
	BroughtBack Outcome = "brought_back" // by a run
	CameBack    Outcome = "came_back"    // by itself
	LeftAlone   Outcome = "held"         // on purpose, for most of the time
	Removed     Outcome = "removed"      // from the configuration
	StillDown   Outcome = "still_down"
)

// Event is what people are told of an incident.
type Event string

// The events.
const (
	Begin    Event = "begin"
	Reminder Event = "reminder" // the incident still lasts
	End      Event = "end"
)

// Cause is a kind of death. There are only these, so that deaths can be counted by them.
type Cause string

// The causes.
const (
	UnknownCause Cause = "unknown"
	Signalled    Cause = "signal"        // killed by one
	DumpedCore   Cause = "core_dump"     // killed by one, and left a core
	Exited       Cause = "exit"          // of its own accord, with whatever status
	OutOfMemory  Cause = "out_of_memory" // killed for it
	TimedOut     Cause = "timeout"       // it took longer than its manager allows, or did not answer it in time
	NeverBegan   Cause = "never_began"   // its manager could not start it
	Rebooted     Cause = "reboot"        // the machine went down with it
	NotWell      Cause = "not_well"      // it ran, and did not do what it should
)
