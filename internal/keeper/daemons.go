package keeper

import (
	"time"

	"daemon-keeper/restart"
)

// The intervals between the looks that wait for a daemon, and how long an interrupted run
// waits for it.
const (
	hurry     = 2 * time.Second
	firstPoll = 50 * time.Millisecond
	lastPoll  = time.Second
)

// Procedure returns how a daemon is brought back through these services.
func Procedure(services []string, stop, start, verify, settle time.Duration) restart.Procedure {
	return restart.Procedure{
		Services: services, StopTimeout: stop, StartTimeout: start, Verify: verify, Settle: settle,
		Hurry: hurry, FirstPoll: firstPoll, LastPoll: lastPoll,
	}
}
