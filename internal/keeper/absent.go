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
	lacks   string             // why it does not count although it executes the program; "" if it does not execute it
	starts  bool               // it may still become the daemon
	ended   bool               // all remembered processes have ended
	later   bool               // the main process was started after the daemon was last seen up
	leads   []proctable.Process
}

// isActive reports whether the service has a main process that may be the daemon. If the
// remembered processes have ended, it may be a wrapper that has outlived the daemon, unless it
// was started since.
func (a absence) isActive() bool {
	return a.cond.State == rcd.Running && a.main != nil && !(a.ended && !a.later)
}

// isStarting reports whether the daemon is down only until its start is over.
func (a absence) isStarting() bool { return a.isActive() && a.starts }

// doubt returns why it is unknown whether the daemon is down; nil if it is down. If no
// process executes the file at the path, the daemon need not have died: the path may lead to
// another file now. If the remembered processes have ended, it has died.
func (a absence) doubt() error {
	switch {
	case a.isStarting():
		return nil
	case a.isActive():
		return &ActiveError{Name: a.name, Service: a.service, Path: a.spec.Subject(), PID: a.main.PID, Program: programOf(*a.main), Lacks: a.lacks}
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
	Lacks         string // why it does not count although it executes the program; "" if it does not execute it
}

func (e *ActiveError) Error() string {
	text := fmt.Sprintf("cannot tell whether '%s' is down: no process counts, yet service %s is active, and its main process %d runs %s", e.Name, e.Service, e.PID, e.Program)
	if e.Lacks != "" {
		text += ", and does not count (" + e.Lacks + ")"
	}
	return text
}

// Hint says what the user can do.
func (e *ActiveError) Hint() string {
	if e.Lacks != "" {
		return fmt.Sprintf("if process %d is the daemon, correct what the configuration asks of it besides its program; if it only waits for the daemon, restart service %s by hand", e.PID, e.Service)
	}
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

// isDown asks the daemon's manager after a look that has found it down, and settles the outcome
// if it is not down, or if that is unknown.
func (t *task) isDown(ctx context.Context) bool {
	if t.mayBeUp(ctx) == nil {
		return true
	}
	// What its manager says is newer than our look: the daemon may have come up since.
	if v := t.look(ctx); t.settle(ctx, v) {
		return false
	}
	err := t.mayBeUp(ctx)
	if err != nil {
		t.cannotTell(err)
	}
	return err == nil
}

// mayBeUp returns why it is unknown whether a daemon without a counted process is down; nil
// if it is down. It is called before anything is done about the daemon.
func (t *task) mayBeUp(ctx context.Context) error {
	t.absence = absence{}
	if len(t.last.Matches) > 0 || t.Processes == nil || t.daemon.Spec.Rule {
		return nil
	}
	a := t.askManager(ctx)
	t.absence = a
	if !a.ended {
		list, err := t.Processes.Leads(ctx, t.daemon.Spec)
		if err != nil {
			return err
		}
		a.leads = list
	}
	return a.doubt()
}

// askManager gathers what the manager knows of the daemon's own service, which is the first.
func (t *task) askManager(ctx context.Context) absence {
	a := absence{spec: t.daemon.Spec, name: t.report.Name, ended: t.allEnded()}
	if len(t.daemon.Services) == 0 {
		return a
	}
	a.service = t.daemon.Services[0]
	a.cond = t.condition(ctx, a.service)
	if a.cond.Main == 0 {
		return a
	}
	for _, x := range t.last.Excluded {
		if x.PID == a.cond.Main && x.Reason.MayPass() {
			a.lacks = x.Reason.String()
		}
	}
	if p, runs, err := t.Processes.Read(a.cond.Main); runs && err == nil {
		a.main = &p
		a.later = p.Usage.AgeNow() < t.memory.now().Since(t.past.LastUp)
		// What has never counted may be up, and the configuration wrong: that stays unknown.
		a.starts = p.Usage.AgeNow() < t.daemon.Verify && (a.lacks != "" && a.ended || t.isForked(p))
	}
	return a
}

// isForked reports whether a process still executes what has started it: it has not come to its
// own execve(2).
func (t *task) isForked(p proctable.Process) bool {
	parent, runs, err := t.Processes.Read(p.Parent)
	return runs && err == nil && p.Exe != "" && parent.Exe == p.Exe
}

// start returns a start that is over for the manager, while its main process does not count yet:
// systemd calls a service started as soon as it has forked, and amavisd takes its name seconds
// later. It is given as long as after a start of ours.
func (t *task) start() *rcd.Work {
	a := t.absence
	if !a.isStarting() {
		return nil
	}
	age := a.main.Usage.AgeNow()
	return &rcd.Work{
		Service: a.service, By: t.managerOf(a.service), What: "start of its main process",
		Aged: true, For: age, Limit: t.daemon.Verify, Again: true, RoundFor: age, Round: t.daemon.Verify,
	}
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
