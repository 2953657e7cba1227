package rcd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"daemon-keeper/internal/words"
)

// Listed is a service that its manager starts at boot, or that runs all the same.
type Listed struct {
	Name  string // as Start and Stop take it
	About string // its description; "" if it has none
	Omit  string // why it is not proposed: "it is disabled"; "" if it is enabled and runs

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

// NoListError says that a manager cannot be asked for its services.
type NoListError struct{ Manager string }

func (e *NoListError) Error() string {
	return "cannot list the services: " + e.Manager + " is only asked for a service whose name is known"
}

// unlisted is NoListError for a manager that cannot name its services.
func (m *Manager) unlisted(err error) error {
	if errors.Is(err, errNoAnswer) {
		return &NoListError{m.Name()}
	}
	return err
}

// Names are those of all services that can be started, whether or not they run, sorted.
// It starts at most one process, which changes nothing.
func (m *Manager) Names(ctx context.Context) ([]string, error) {
	list, err := m.names(ctx)
	list = slices.DeleteFunc(list, func(name string) bool { return words.CheckName(name) != nil })
	slices.Sort(list)
	return slices.Compact(list), m.unlisted(err)
}

// List names the services, in the order of their names. It starts processes, which
// change nothing.
func (m *Manager) List(ctx context.Context) ([]Listed, error) {
	list, err := m.list(ctx)
	if err != nil {
		return nil, m.unlisted(err)
	}
	for i := range list {
		if list[i].Omit == "" && words.CheckName(list[i].Name) != nil {
			list[i].Omit = "its name cannot be written in a configuration"
		}
	}
	slices.SortStableFunc(list, func(a, b Listed) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// printed is what a command prints that asks for services.
func printed(ctx context.Context, run runner, argv ...string) (string, error) {
	r, err := run.query(ctx, argv)
	if err == nil && r.status != 0 {
		err = fmt.Errorf("cannot list the services: %s", r.failure(argv))
	}
	if err != nil {
		return "", err
	}
	return r.output, nil
}
