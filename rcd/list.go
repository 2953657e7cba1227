package rcd

import (
	"cmp"
	"context"
	"slices"

	"daemon-keeper/internal/words"
)

// Listed is a service that its manager starts at boot, or that runs all the same.
type Listed struct {
	Name  string // as Start and Stop take it
	About string // its description; "" if it has none
	Omit  string // why it is none to keep: "it is disabled"; "" if it is enabled and runs

	Main      int      // its main process; 0 if the manager knows of none
	Processes []int    // all of its processes, if the manager knows them
	Program   string   // path of what the manager has started; "" if it does not say
	Restarts  string   // when the manager itself starts it again: on-failure; "" for never
	Triggers  []string // what starts it on demand: cups.socket

	Hints *Hints // what its script tells, where the manager knows no process; else nil
}

// Hints are what an init script tells of its daemon's processes. A number from a pidfile
// may have been given to another process since.
type Hints struct {
	PIDs    []int    // from the pidfiles that it names, or that would be its
	Daemons []string // programs and scripts that it calls its daemon, the best first
	Many    bool     // it may start several daemons
	Doubt   string   // why it is not sure that it runs: the script does not say; "" if it does

	text string // the script
}

// Speaks reports whether the script speaks of a program, by its name.
func (h *Hints) Speaks(program string) bool { return mentions(h.text, program) }

// lister is a dialect whose manager knows which services a boot starts.
type lister interface {
	list(ctx context.Context, run runner) ([]Listed, error)
}

// NoListError says that a manager cannot be asked for its services.
type NoListError struct{ Manager string }

func (e *NoListError) Error() string {
	return "cannot list the services: " + e.Manager + " is only asked for a service whose name is known"
}

// List names the services, in the order of their names. It starts processes, which
// change nothing.
func (m *Manager) List(ctx context.Context) ([]Listed, error) {
	d, ok := m.dialect.(lister)
	if !ok {
		return nil, &NoListError{m.Name()}
	}
	list, err := d.list(ctx, m.run)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Omit == "" && words.CheckName(list[i].Name) != nil {
			list[i].Omit = "its name cannot be written in a configuration"
		}
	}
	slices.SortStableFunc(list, func(a, b Listed) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}
