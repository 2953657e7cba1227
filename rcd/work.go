package rcd

import (
	"context"
	"errors"
	"time"
)

// Work is something that is being done with a service by its manager, or by somebody
// who has told it to: it must not be disturbed while its own limits last.
type Work struct {
	Service string
	By      string        // who is at work: "systemd", "OpenRC"
	What    string        // the same for as long as the work is the same: "auto-restart", "start-pre"
	Waits   bool          // something begins when its limit is reached, as after the wait of an auto-restart
	Aged    bool          // For is known
	For     time.Duration // how long it has been under way
	Limit   time.Duration // how long it may take by the manager's own limits; 0: it has set itself none
	Margin  time.Duration // how long the manager may take to act once that limit is over
	Queued  bool          // it has not begun: it waits for other units' jobs

	// Again is for what a manager does of its own accord after a death. Without an end
	// of its own it may go on for ever, one round after the other.
	Again    bool
	RoundFor time.Duration // how long ago the daemon has died, at which this round began
	Round    time.Duration // how long one round may take, from a death to the end of the next start
}

// Over reports whether the work has taken longer than its manager's own limit.
func (w *Work) Over() bool { return w.Aged && w.Limit > 0 && w.For > w.Limit+w.Margin }

// Left is how much of the limit is left.
func (w *Work) Left() time.Duration { return max(0, w.Limit-w.For) }

// Work asks the manager what is being done with a service right now; nil: nothing, or
// the manager cannot tell. It starts a process where the manager can.
func (m *Manager) Work(ctx context.Context, service string) (*Work, error) {
	c, err := m.condition(ctx, service)
	if errors.Is(err, errNoAnswer) {
		return nil, nil
	}
	return c.Work, err
}

// Boot is a boot that is not over.
type Boot struct {
	For  time.Duration // since the manager was started
	See  string        // the command that shows a person what it waits for
	Jobs []Job         // the starts that are under way, the oldest first
}

// Job is a job of systemd's queue.
type Job struct {
	ID   int
	Unit string
}
