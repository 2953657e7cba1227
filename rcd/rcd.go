// Package rcd speaks to the machine's service managers: systemd, OpenRC, System V init
// scripts, FreeBSD's rc.d, the supervisors of the daemontools family, supervisord, or a
// program that the user names. It also starts daemons that no manager knows.
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

// Verb is a short name for words.Verb.
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

// Manager is a service manager of this machine. It knows its services by the names that it
// gives them itself, without a prefix.
type Manager struct{ dialect }

// dialect is all in which one manager differs from another. Those that embed basic need not
// answer what their manager cannot tell.
type dialect interface {
	runner

	// Name is the manager's name for people.
	Name() string
	// Argv is the command that carries out the verb, ready to execute.
	Argv(verb Verb, service string) []string
	// Find fails with a NotFoundError if there is no such service. It starts a process only
	// where no file tells.
	Find(ctx context.Context, service string) error
	// Obstacle is what would make a start of the service do nothing; nil if nothing would.
	Obstacle(ctx context.Context, service string) (*Obstacle, error)
	// Phase is what the machine is doing.
	Phase(ctx context.Context) (Phase, error)
	// Boot is how long a boot that is under way has lasted.
	Boot(ctx context.Context) (Boot, error)
	// Wish reports whether somebody has said that a service, whose daemon is down, is to be
	// left down; nil if not. It starts processes. What it cannot find out, or doubts, is not a
	// wish; an error says that it could not, and is not a reason to leave a daemon down.
	//
	// A signal is not a wish, whoever has sent it, and neither is systemctl kill. Nor is a
	// restart whose start has failed.
	Wish(ctx context.Context, service string, past Past) (*Wish, error)
	// Death is how a service that is down has ended. The cause is unknown of a service that
	// is not down, and of one whose end the manager has forgotten.
	Death(ctx context.Context, service string) (Death, error)
	// Supervision is what the supervisor of a service does; nil if it has none that starts it
	// again by itself. It looks at files only.
	Supervision(service string) (*Supervision, error)
	// Asked is what a service's definition asks for.
	Asked(ctx context.Context, service string) (Asked, error)

	// state reads what the status command has answered.
	state(result) State
	// condition and opinion are what the manager knows. With errNoAnswer it knows no more than
	// its status.
	condition(ctx context.Context, service string) (Condition, error)
	opinion(ctx context.Context, service string) (Opinion, error)
	// names are those of all services that can be started; list says more of those that a boot
	// starts, or that run. With errNoAnswer the manager cannot name them.
	names(ctx context.Context) ([]string, error)
	list(ctx context.Context) ([]Listed, error)
	// canonical is the same for all names of one service.
	canonical(service string) string

	// lastRun identifies the last run of the service. The text of the next run is another one.
	lastRun(ctx context.Context, service string) string
	// reset is for a manager that refuses to start a service which has died too often. It
	// lifts the refusal, and reports whether there was one: the service has failed and its
	// last run is still the one before.
	reset(ctx context.Context, service, lastRun string) bool
	// zap is for a manager that cannot stop a service whose daemon has died, as its status
	// after a failed stop says, and that does not start it either. It has the manager forget
	// that it has started the service, and reports whether it did. It stops nothing.
	zap(ctx context.Context, service string, status result) bool
}

// stepper is a dialect that carries out a stop or a start itself: one command alone does not.
type stepper interface {
	carryOut(ctx context.Context, verb Verb, service string, with With) error
}

// errNoAnswer says that a manager cannot answer a question at all. It is not
// errors.ErrUnsupported: ENOSYS and EOPNOTSUPP are that one, too, and mean that asking has failed.
var errNoAnswer = errors.New("its manager has no answer to that")

// basic are the answers of a manager that cannot tell.
type basic struct{ runner }

func (basic) Obstacle(context.Context, string) (*Obstacle, error) { return nil, nil }
func (basic) Phase(context.Context) (Phase, error)                { return Working, nil }
func (basic) Boot(context.Context) (Boot, error)                  { return Boot{}, nil }
func (basic) Wish(context.Context, string, Past) (*Wish, error)   { return nil, nil }
func (basic) Death(context.Context, string) (Death, error)        { return Death{Cause: CauseUnknown}, nil }
func (basic) Supervision(string) (*Supervision, error)            { return nil, nil }
func (basic) Asked(context.Context, string) (Asked, error)        { return Asked{}, nil }
func (basic) names(context.Context) ([]string, error)             { return nil, errNoAnswer }

func (basic) list(context.Context) ([]Listed, error)     { return nil, errNoAnswer }
func (basic) canonical(service string) string            { return service }
func (basic) lastRun(context.Context, string) string     { return "" }
func (basic) reset(context.Context, string, string) bool { return false }
func (basic) zap(context.Context, string, result) bool   { return false }
func (basic) condition(context.Context, string) (Condition, error) {
	return Condition{}, errNoAnswer
}

func (basic) opinion(context.Context, string) (Opinion, error) {
	return Opinion{}, errNoAnswer
}

// Obstacle is why a service's start would do nothing, though it may exit 0.
type Obstacle struct {
	Service string
	Word    string // disabled, masked
	Enable  string // the command that a person would type to change it
	Way     string // what else a person would do, where no command does it

	err error // the reason, in place of Word
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

// Status asks the manager about a service.
func (m *Manager) Status(ctx context.Context, service string) (State, error) {
	r, err := m.query(ctx, m.Argv(Status, service))
	if err != nil {
		return Unknown, err
	}
	return m.state(r), nil
}

// Start starts a service. It returns once the command has ended or ctx has; a
// command that takes longer is ended, but not what it has started so far. If the
// manager has given the service up, that is lifted and the start tried once more.
func (m *Manager) Start(ctx context.Context, service string, with With) error {
	if d, ok := m.dialect.(stepper); ok {
		return d.carryOut(ctx, Start, service, with)
	}
	lastRun := m.lastRun(ctx, service)
	start := func() error {
		return m.step(ctx, Start, cmp.Or(with.Label, service), m.Argv(Start, service), with)
	}
	err := start()
	if hasFailed(err) && m.reset(ctx, service, lastRun) {
		return start()
	}
	return err
}

// hasFailed reports whether a command was carried out to its end, and has failed.
func hasFailed(err error) bool {
	var failed *CommandError
	return errors.As(err, &failed) && !failed.TimedOut
}

// Stop stops a service. A stop that fails because nothing runs is not an error.
func (m *Manager) Stop(ctx context.Context, service string, with With) error {
	if d, ok := m.dialect.(stepper); ok {
		return d.carryOut(ctx, Stop, service, with)
	}
	err := m.step(ctx, Stop, cmp.Or(with.Label, service), m.Argv(Stop, service), with)
	if !hasFailed(err) {
		return err
	}
	status, statusErr := m.query(ctx, m.Argv(Status, service))
	switch {
	case statusErr != nil:
		return err
	case m.zap(ctx, service, status):
		with.say("service %s: its stop has failed, and %s still calls it started: zapped, so that a start does something", cmp.Or(with.Label, service), m.Name())
		return nil
	case m.state(status) == Stopped:
		return nil
	}
	return err
}
