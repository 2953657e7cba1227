package keeper

import (
	"context"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/packages"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// Keeper is one run: what it is made of.
type Keeper struct {
	Senses
	Services
	Recollection
	Listeners
	Mode
}

// Senses are what a run looks with.
type Senses struct {
	// Look takes one snapshot and gives a verdict for each Spec; Probe has the
	// last word where a verdict is Pending.
	Look  func(context.Context, []check.Spec, check.Options) []check.Verdict
	Probe func(ctx context.Context, spec check.Spec, v check.Verdict, afterRestart bool) check.Verdict

	Clock     func() past.Stamp // nil: state.Clock()
	Uptime    func() (time.Duration, error)
	Started   func(pid int) (start uint64, err error)   // by which a process is known again
	Runs      func(pid int, start uint64) (bool, error) // whether a process that is remembered still runs
	Frozen    func(pid int) (bool, error)               // whether a process is kept from running; nil: nobody can tell
	IsStopped func(pid int) bool                        // by a signal
	Kin       Kin                                       // nil: nobody looks at what else runs a daemon's program
	Commands  func(ctx context.Context, is func(args []string) bool) ([]proctable.Command, error)
	Processes Processes                      // single ones; nil: what is left of a daemon counts as the daemon
	Packages  func() (*packages.Work, error) // the package manager at work
	UserName  func(uint32) string            // nil: only numbers

	// Evidence asks others than the manager what has ended a daemon; nil: nobody is asked.
	// All of them and the manager together have EvidenceTime: the
	// remedy does not wait for the diagnosis.
	Evidence     func(ctx context.Context, d postmortem.Dead) postmortem.Evidence
	EvidenceTime time.Duration
}

// Services are what a run asks about services, and acts with.
type Services struct {
	Manager  Manager  // nil: nothing can be stopped and started, and Observer is asked
	Observer Observer // of a run that only looks; nil: nobody is asked

	// Of several service managers: the name of a service's, for people, and a name of the
	// service that no other one has; nil: there is one, and names are as they are.
	ManagerOf func(service string) string
	LockName  func(service string) string
	// Supervised is what a service's supervisor does; nil if it has none. It reads files only.
	Supervised func(ctx context.Context, service string) (*rcd.Supervision, error)
	// Opinion asks the manager what it says of a service itself; nil: nobody does.
	Opinion func(ctx context.Context, service string) (rcd.Opinion, error)

	Program   string       // our own, see rcd.With
	RunDir    string       // where the locks are; made only when a daemon is down
	Outputs   *rcd.Outputs // the manager's; its folder is set once RunDir is known to be safe
	NeedsRoot bool         // we lack the right to stop and start services
	AtOnce    int          // how many daemons may be restarted at the same time; 0: 1
	PID       int          // of this run, for people
}

// Recollection is where a run remembers.
type Recollection struct {
	Store     *state.Store // what is remembered from run to run, under Key; nil: nothing is
	Key       string
	Whole     bool  // what is not among these daemons is kept no more
	Forgetful error // why there is no Store, though there may be something to remember
}

// Listeners are told what happens.
type Listeners struct {
	Log      Log
	Progress Progress                                     // may be nil
	Tell     func(ctx context.Context, list []Transition) // nil: nobody is told
	Remind   time.Duration                                // tell again of what is still down; 0: never
}

// Mode is what kind of run it is.
type Mode struct {
	DryRun       bool
	Watching     bool // only look: nothing is restarted, and the Manager may be nil
	IgnoreIntent bool // restart whatever somebody wants
	Measure      bool // see all processes that count, with their age and the CPU that they have used
	Details      bool // look at every process, to report what was excluded and why
	Near         bool // and report what a person could take for the daemon
}

// acts reports whether this run may stop and start services, and remember it.
func (m Mode) acts() bool { return !m.DryRun && !m.Watching }

// Observer answers what a run that only looks asks, too.
type Observer interface {
	// Find fails if there is no such service. It starts no process for one
	// that can be found by looking at files.
	Find(ctx context.Context, service string) error
	// Condition is what the manager knows of a service at this moment.
	Condition(ctx context.Context, service string) (rcd.Condition, error)
	// Work is what the manager does with a service; nil: nothing, or it cannot tell.
	Work(ctx context.Context, service string) (*rcd.Work, error)
	// Commands finds, by a process' arguments, the service that it stops or starts; nil
	// if the manager itself knows of all that is under way.
	Commands(services []string) func(args []string) (service, verb string, ok bool)
}

// Stepper stops and starts services.
type Stepper interface {
	// Stop and Start are as restart.Controller has them.
	Stop(ctx context.Context, service string, with rcd.With) error
	Start(ctx context.Context, service string, with rcd.With) error
	// CarriesOut reports whether a process with these arguments is at one of them.
	CarriesOut(args []string, verb words.Verb, service string) bool
	// Argv is the command of a step, for people.
	Argv(verb words.Verb, service string) []string
}

// Manager is the machine's service manager, or a program in its place.
type Manager interface {
	Observer
	Stepper
	// Name is the manager's name for people.
	Name() string
	// Obstacle is what would make a start do nothing; nil if nothing would.
	Obstacle(ctx context.Context, service string) (*rcd.Obstacle, error)
	// Wish is what an admin wants of a service that is down; nil if nothing.
	Wish(ctx context.Context, service string, past rcd.Past) (*rcd.Wish, error)
	// Death is how a service that is down has ended.
	Death(ctx context.Context, service string) (rcd.Death, error)
	// Phase says whether the machine boots, works or shuts down; Boot is how long a boot
	// that is under way has lasted, and what it waits for.
	Phase(ctx context.Context) (rcd.Phase, error)
	Boot(ctx context.Context) (rcd.Boot, error)
}

// Log takes the lines of the diary, as things happen.
type Log interface {
	Log(level report.Level, format string, args ...any)
	// Record takes a line of what stays wrong, which the report says, too.
	Record(level report.Level, format string, args ...any)
}

// Progress shows a person what is under way, until the function that it returns
// is called.
type Progress interface {
	Begin(what string) (end func())
}

// observer is whom a run of any kind may ask; nil: nobody.
func (s Services) observer() Observer {
	if s.Manager != nil {
		return s.Manager
	}
	return s.Observer
}
