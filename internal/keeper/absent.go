package keeper

import (
	"context"
	"fmt"
	"slices"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/past"
	"daemon-keeper/rcd"
)

// absence is what is known about a daemon when no process counts as it.
type absence struct {
	spec    check.Spec
	name    string
	service string
	cond    rcd.Condition      // of that service
	main    *proctable.Process // the main process of that service, if it is alive
	ended   bool               // all remembered processes have ended
	later   bool               // the main process was started after the daemon was last seen up
	leads   []proctable.Process
}

// doubt returns why it is unknown whether the daemon is down; nil if it is down. If no
// process executes the file at the path, the daemon need not have died: the path may lead to
// another file now. If the remembered processes have ended, it has died. Then a living main
// process of the service may be a wrapper that has outlived the daemon, unless it was started
// since.
func (a absence) doubt() error {
	switch {
	case a.cond.State == rcd.Running && a.main != nil && !(a.ended && !a.later):
		return &ActiveError{Name: a.name, Service: a.service, Path: a.spec.Subject(), PID: a.main.PID, Program: programOf(*a.main)}
	case a.ended || len(a.leads) == 0:
		return nil
	}
	p := a.leads[0]
	return &MovedError{Name: a.name, Path: a.spec.Subject(), PID: p.PID, Program: programOf(p)}
}

// programOf returns what a process executes: the script, if it runs one.
func programOf(p proctable.Process) string {
	switch {
	case p.Script != "" && p.ScriptFile != proctable.FileID{}:
		return p.Script
	case p.Exe != "":
		return p.Exe
	}
	return p.Name
}

// ActiveError means that no process of a daemon was found, although its service is active and
// the main process of the service is alive.
type ActiveError struct {
	Name, Service string
	Path          string // the path that was looked for
	PID           int    // the main process
	Program       string // what it executes
}

func (e *ActiveError) Error() string {
	return fmt.Sprintf("cannot tell whether '%s' is down: no process counts, yet service %s is active, and its main process %d runs %s", e.Name, e.Service, e.PID, e.Program)
}

// Hint says what the user can do.
func (e *ActiveError) Hint() string {
	return fmt.Sprintf("if process %d is the daemon, write executable: %s, or restart service %s by hand so that it runs %s; if it only waits for the daemon, restart the service by hand", e.PID, e.Program, e.Service, e.Path)
}

// MovedError means that no process of a daemon was found, although one was started by its
// path.
type MovedError struct {
	Name, Path string
	PID        int
	Program    string
}

func (e *MovedError) Error() string {
	return fmt.Sprintf("cannot tell whether '%s' is down: process %d was started as %s and runs %s, which is another file now", e.Name, e.PID, e.Path, e.Program)
}

// Hint says what the user can do.
func (e *MovedError) Hint() string {
	return fmt.Sprintf("if process %d is the daemon, restart its service by hand; else end it: kill %d", e.PID, e.PID)
}

// mayBeUp returns why it is unknown whether a daemon without a counted process is down; nil
// if it is down. It is called before anything is done about the daemon.
func (t *task) mayBeUp(ctx context.Context) error {
	if len(t.last.Matches) > 0 || t.Processes == nil || t.daemon.Spec.Rule {
		return nil
	}
	a := absence{spec: t.daemon.Spec, name: t.report.Name, ended: t.allEnded()}
	if len(t.daemon.Services) > 0 {
		a.service = t.daemon.Services[0] // the first service is the daemon's own
		a.cond = t.condition(ctx, a.service)
	}
	if a.cond.Main > 0 {
		if p, runs, err := t.Processes.Read(a.cond.Main); runs && err == nil {
			a.main = &p
			a.later = p.Usage.Age < t.memory.now().Since(t.past.LastUp)
		}
	}
	if !a.ended {
		list, err := t.Processes.Leads(ctx, t.daemon.Spec)
		if err != nil {
			return err
		}
		a.leads = list
	}
	return a.doubt()
}

// allEnded reports whether processes of the daemon are remembered and all have ended. Then
// the daemon has died, wherever its path leads.
func (t *task) allEnded() bool {
	if t.store() == nil || len(t.past.Processes) == 0 {
		return false
	}
	if t.past.LastUp.Boot != t.memory.now().Boot {
		return false
	}
	return !slices.ContainsFunc(t.past.Processes, func(p past.Process) bool {
		runs, err := t.Runs(p.PID, p.Start)
		return runs || err != nil
	})
}
