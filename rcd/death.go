package rcd

import (
	"context"
	"time"

	"daemon-keeper/internal/words"
)

// CauseUnknown is also what a manager without a memory for deaths says.
const CauseUnknown = words.UnknownCause

// Death is how a service has ended.
type Death struct {
	Cause  words.Cause
	Text   string        // for people, such as: its main process was killed by SIGKILL; "" if unknown
	Signal int           // that has killed it; of an exit with status 128+n, which mostly means one that it has caught, n; 0: none
	PID    int           // the main process that has ended so; 0: not known
	Ago    time.Duration // how long ago that was; 0: not known
	See    string        // the command that shows what the service has said; "" if there is none
}

// witness is a dialect whose manager remembers how a service has ended.
type witness interface {
	death(ctx context.Context, run runner, service string) (Death, error)
}

// Death asks the manager how a service that is down has ended. A service that is not
// down, and one of which the manager has forgotten it, has an unknown cause.
func (m *Manager) Death(ctx context.Context, service string) (Death, error) {
	if d, ok := m.dialect.(witness); ok {
		return d.death(ctx, m.run, service)
	}
	return Death{Cause: CauseUnknown}, nil
}
