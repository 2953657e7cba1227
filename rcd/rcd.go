// Package rcd speaks to the machine's service manager: FreeBSD's rc.d, System V
// init scripts, systemd, or a program that the user names.
//
// An exit status proves nothing here. FreeBSD's start of a disabled service
// exits 0 and starts nothing, its stop of a dead one exits 1; whoever wants to
// know whether a daemon is up looks at the process table.
package rcd

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"daemon-keeper/internal/words"
)

// Verb is words.Verb, which this room names on every page.
type Verb = words.Verb

// The verbs.
const (
	Stop   = words.Stop
	Start  = words.Start
	Status = words.Status
)

// State is what a manager says of a service.
type State int

// The manager's three answers.
const (
	Unknown State = iota
	Running
	Stopped
)

// String is the word for people.
func (s State) String() string {
	switch s {
	case Running:
		return "running"
	case Stopped:
		return "stopped"
	}
	return "unknown"
}

// Phase is what the machine as a whole is doing.
type Phase int

// The phases. A manager that cannot tell says Working.
const (
	Working Phase = iota
	Booting
	ShuttingDown
)

// Manager is the service manager of this machine.
type Manager struct {
	dialect
	run runner
}

// dialect is all in which one manager differs from another.
type dialect interface {
	// Name is the manager's name for people.
	Name() string
	// Argv is the command that carries out the verb, ready to execute.
	Argv(verb Verb, service string) []string
	// find fails with a NotFoundError if there is no such service. It starts
	// a process only where no file tells.
	find(ctx context.Context, run runner, service string) error
	// state reads what the status command has answered.
	state(result) State
	// obstacle finds what keeps the service from being started.
	obstacle(ctx context.Context, run runner, service string) (*Obstacle, error)
	// phase asks what the machine is doing.
	phase(ctx context.Context, run runner) (Phase, error)
}

// resetter is a dialect whose manager gives a service up that has died too often
// and then refuses to start it.
type resetter interface {
	// lastRun tells one run of the service from the next.
	lastRun(ctx context.Context, run runner, service string) string
	// reset makes the manager forget its refusal, and reports whether there was
	// one: the service has failed and its last run is still the one before.
	reset(ctx context.Context, run runner, service, lastRun string) bool
}

// zapper is a dialect whose manager cannot stop a service whose daemon has died, and
// refuses to start it until it was told that it is stopped.
type zapper interface {
	// isStuck reports whether a status, asked for once a stop has failed, is of such a service.
	isStuck(status result) bool
	// zap tells it, and reports whether it has understood. It stops nothing.
	zap(ctx context.Context, run runner, service string) bool
}

// Obstacle is why a service's start would do nothing, though it may exit 0.
type Obstacle struct {
	Service string
	Word    string // disabled, masked
	Enable  string // the command that a person would type to change it
	Way     string // what else a person would do, where no command does it

	err error // what else it is
}

func (o *Obstacle) Error() string {
	if o.err != nil {
		return fmt.Sprintf("cannot start service %s: %v", o.Service, o.err)
	}
	return fmt.Sprintf("cannot start service %s: it is %s", o.Service, o.Word)
}

// Hint is the way out.
func (o *Obstacle) Hint() string {
	switch {
	case o.err != nil:
		return words.Hint(o.err)
	case o.Way != "":
		return o.Way
	}
	return "enable it with: " + o.Enable
}

func (o *Obstacle) Unwrap() error { return o.err }

// NotFoundError says that the manager does not know a service.
type NotFoundError struct {
	Service string
	Manager string
	Where   string // where it was looked for
	List    string // the command that lists the names
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("cannot find service %s: %s knows none of that name%s", e.Service, e.Manager, e.Where)
}

// Hint is the way out.
func (e *NotFoundError) Hint() string {
	if e.List == "" {
		return "check the name, or what the program answers to status: 0 is running, 1 to 3 is not running, 4 is unknown"
	}
	return "list the names with: " + e.List
}

// Find fails with a NotFoundError if the manager has no such service. In the
// common case it looks at files only.
func (m *Manager) Find(ctx context.Context, service string) error {
	return m.find(ctx, m.run, service)
}

// Obstacle tells what would make a start of the service do nothing; nil if
// nothing would.
func (m *Manager) Obstacle(ctx context.Context, service string) (*Obstacle, error) {
	return m.obstacle(ctx, m.run, service)
}

// Phase reports whether the machine is booting or shutting down.
func (m *Manager) Phase(ctx context.Context) (Phase, error) {
	return m.phase(ctx, m.run)
}

// Status asks the manager about a service.
func (m *Manager) Status(ctx context.Context, service string) (State, error) {
	r, err := m.run.query(ctx, m.Argv(Status, service))
	if err != nil {
		return Unknown, err
	}
	return m.state(r), nil
}

// Start starts a service. It returns once the command has ended or ctx has; a
// command that takes longer is ended, but not what it has started so far. If the
// manager has given the service up, that is lifted and the start tried once more.
func (m *Manager) Start(ctx context.Context, service string, with With) error {
	if s, ok := m.dialect.(stepper); ok {
		return s.step(ctx, m.run, Start, service, with)
	}
	r, canReset := m.dialect.(resetter)
	before := ""
	if canReset {
		before = r.lastRun(ctx, m.run, service)
	}
	label := cmp.Or(with.Label, service)
	err := m.run.step(ctx, Start, label, m.Argv(Start, service), with)
	var failed *CommandError
	if !canReset || !errors.As(err, &failed) || failed.TimedOut || !r.reset(ctx, m.run, service, before) {
		return err
	}
	return m.run.step(ctx, Start, label, m.Argv(Start, service), with)
}

// Stop stops a service. A stop that fails because nothing runs is no error.
func (m *Manager) Stop(ctx context.Context, service string, with With) error {
	if s, ok := m.dialect.(stepper); ok {
		return s.step(ctx, m.run, Stop, service, with)
	}
	err := m.run.step(ctx, Stop, cmp.Or(with.Label, service), m.Argv(Stop, service), with)
	var failed *CommandError
	if !errors.As(err, &failed) || failed.TimedOut {
		return err
	}
	status, statusErr := m.run.query(ctx, m.Argv(Status, service))
	if statusErr != nil {
		return err
	}
	if z, ok := m.dialect.(zapper); ok && z.isStuck(status) && z.zap(ctx, m.run, service) {
		with.say("service %s: its stop has failed, and %s still calls it started: zapped, so that a start does something", cmp.Or(with.Label, service), m.Name())
		return nil
	}
	if m.state(status) == Stopped {
		return nil
	}
	return err
}
