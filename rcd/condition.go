package rcd

import (
	"context"
	"errors"
	"time"
)

// Condition is what a manager knows of a service at this moment. A field that the
// manager does not tell has its zero value.
type Condition struct {
	State  State     // what the manager itself says
	Main   int       // process id of its main process, in our PID namespace; 0: none, or not known
	Group  string    // Linux: the path of its control group, such as /system.slice/nginx.service
	Life   Life      // its last life that is over
	At     time.Time // when Life was read, which says how long ago that was then
	Work   *Work     // what is being done with it right now; nil: nothing
	Failed bool      // it has ended, and the manager does not start it again
}

// Condition asks the manager what it knows of a service now. It starts a process, so a
// healthy run does not ask.
func (m *Manager) Condition(ctx context.Context, service string) (Condition, error) {
	c, err := m.condition(ctx, service)
	if errors.Is(err, errNoAnswer) {
		c.State, err = m.Status(ctx, service)
	}
	return c, err
}

// LifeNow is its last life that is over, by the time that it is now.
func (c Condition) LifeNow() Life {
	l := c.Life
	if since := time.Since(c.At); !c.At.IsZero() && l.Ended > 0 {
		l.Began, l.Ended = l.Began+since, l.Ended+since
	}
	return l
}

// Opinion is what a manager says of a service of its own accord.
type Opinion struct {
	State State
	Word  string // the manager's own, where that says more: failed, activating

	Supervision *Supervision // of a supervisor that starts it again by itself; else nil
}

// Opinion asks the manager about a service, for people.
func (m *Manager) Opinion(ctx context.Context, service string) (Opinion, error) {
	o, err := m.opinion(ctx, service)
	if errors.Is(err, errNoAnswer) {
		o.State, err = m.Status(ctx, service)
	}
	return o, err
}
