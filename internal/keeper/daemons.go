package keeper

import (
	"time"

	"daemon-keeper/restart"
)

// The times between the looks that wait for a daemon, and how long an interrupted
// run waits for it.
const (
	hurry     = 2 * time.Second
	firstPoll = 50 * time.Millisecond
	lastPoll  = time.Second
)

// Procedure is how services bring a daemon back.
func Procedure(services []string, stop, start, verify, settle time.Duration) restart.Procedure {
	return restart.Procedure{
		Services: services, StopTimeout: stop, StartTimeout: start, Verify: verify, Settle: settle,
		Hurry: hurry, FirstPoll: firstPoll, LastPoll: lastPoll,
	}
}
