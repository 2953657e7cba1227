package rcd

import "context"

// Opinion is what a manager says of a service of its own accord.
type Opinion struct {
	State State
	Word  string // the manager's own, where that says more: failed, activating

	Supervision *Supervision // of a supervisor that starts it again by itself; else nil
}

// opinionated is a dialect whose manager has more words than ours.
type opinionated interface {
	opinion(ctx context.Context, run runner, service string) (Opinion, error)
}

// Opinion asks the manager about a service, for people.
func (m *Manager) Opinion(ctx context.Context, service string) (Opinion, error) {
	if d, ok := m.dialect.(opinionated); ok {
		return d.opinion(ctx, m.run, service)
	}
	s, err := m.Status(ctx, service)
	return Opinion{State: s}, err
}
