package rcd

import "time"

// Cause is a kind of death. There are only these, so that deaths can be counted by
// their causes.
type Cause string

// The causes. Unknown is also what a manager without a memory for deaths says.
const (
	CauseUnknown Cause = "unknown"
	Signalled    Cause = "signal"        // killed by one
	DumpedCore   Cause = "core_dump"     // killed by one, and left a core
	Exited       Cause = "exit"          // of its own accord, with whatever status
	OutOfMemory  Cause = "out_of_memory" // killed for it
	TimedOut     Cause = "timeout"       // it took longer than its manager allows, or did not answer it in time
	NeverBegan   Cause = "never_began"   // its manager could not start it
)

// Death is how a service has ended.
type Death struct {
	Cause  Cause
	Text   string        // for people, such as: its main process was killed by SIGKILL; "" if unknown
	Signal int           // that has killed it; of an exit with status 128+n, which mostly means one that it has caught, n; 0: none
	PID    int           // the main process that has ended so; 0: not known
	Ago    time.Duration // how long ago that was; 0: not known
	See    string        // the command that shows what the service has said; "" if there is none
}
