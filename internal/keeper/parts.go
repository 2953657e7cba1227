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

// Keeper is one run, and the parts that it uses.
type Keeper struct {
	Senses
	Services
	Recollection
	Listeners
	Mode
}

// Senses are how a run looks at the machine.
type Senses struct {
	// Look takes one snapshot and returns a verdict for each Spec. Probe decides where a
	// verdict is Pending.
	Look  func(context.Context, []check.Spec, check.Options) []check.Verdict
	Probe func(ctx context.Context, spec check.Spec, v check.Verdict, afterRestart bool) check.Verdict

	Clock     func() past.Stamp // nil: state.Clock()
	Uptime    func() (time.Duration, error)
	Started   func(pid int) (start uint64, err error)   // start time: ticks since boot on Linux, microseconds of wall clock on FreeBSD
	Runs      func(pid int, start uint64) (bool, error) // whether a remembered process still runs
	Frozen    func(pid int) (bool, error)               // whether a process is frozen; nil: unknown
	IsStopped func(pid int) bool                        // whether a process is stopped by a signal
	Kin       Kin                                       // nil: other processes of a daemon's program are not looked at
	Commands  func(ctx context.Context, is func(args []string) bool) ([]proctable.Command, error)
	Processes Processes                      // nil: leftovers of a daemon count as the daemon
	Packages  func() (*packages.Work, error) // finds a package manager at work
	UserName  func(uint32) string            // nil: users are shown by number

	// Evidence asks witnesses other than the manager what has ended a daemon; nil: none is
	// asked. All of them and the manager together have EvidenceTime: the restart does not
	// wait for the diagnosis.
	Evidence     func(ctx context.Context, d postmortem.Dead) postmortem.Evidence
	EvidenceTime time.Duration
}

// Services are how a run asks about services, stops them and starts them.
type Services struct {
	Manager  Manager  // nil: nothing can be stopped or started; questions go to Observer
	Observer Observer // used by a run that only looks; nil: nobody is asked

	// With several service managers: the name of a service's manager, and a lock name that no
	// other service has. nil: there is one manager, and names are used as they are.
	ManagerOf func(service string) string
	LockName  func(service string) string
	// Supervised returns what a service's supervisor does; nil if it has none. It only reads
	// files.
	Supervised func(ctx context.Context, service string) (*rcd.Supervision, error)
	// Opinion asks the manager how it sees a service; nil: nobody is asked.
	Opinion func(ctx context.Context, service string) (rcd.Opinion, error)

	Program   string       // path of our own executable, see rcd.With
	RunDir    string       // the folder of the locks; created only when a daemon is down
	Outputs   *rcd.Outputs // of the manager; their folder is set once RunDir is known to be safe
	NeedsRoot bool         // we are not allowed to stop and start services
	AtOnce    int          // how many daemons may be restarted at the same time; 0 means 1
	PID       int          // process ID of this run, for people
}

// Recollection is what a run remembers.
type Recollection struct {
	Store     *state.Store // remembers from run to run, under Key; nil: nothing is remembered
	Key       string
	Whole     bool  // entries of daemons that are not in this run are dropped
	Forgetful error // why there is no Store although there may be memory to read
}

// Listeners receive what happens.
type Listeners struct {
	Log      Log
	Progress Progress                                     // may be nil
	Tell     func(ctx context.Context, list []Transition) // nil: nobody is told
	Remind   time.Duration                                // interval of reminders about what is still down; 0: no reminders
}

// Mode says what kind of run it is.
type Mode struct {
	DryRun       bool
	Watching     bool // only look: nothing is restarted, and Manager may be nil
	IgnoreIntent bool // restart daemons even if an admin wants them down
	Measure      bool // see every process that counts, with its age and CPU time
	Details      bool // look at every process, to report what was excluded and why
	Near         bool // also report what a person could mistake for the daemon
}

// acts reports whether this run may stop and start services, and remember that it did.
func (m Mode) acts() bool { return !m.DryRun && !m.Watching }

// Observer answers the questions that even a run that only looks asks.
type Observer interface {
	// Find fails if there is no such service. It starts no process for a service that can be
	// found by looking at files.
	Find(ctx context.Context, service string) error
	// Condition returns what the manager knows about a service at this moment.
	Condition(ctx context.Context, service string) (rcd.Condition, error)
	// Work returns what the manager does with a service; nil if nothing, or if it does not
	// know.
	Work(ctx context.Context, service string) (*rcd.Work, error)
	// Commands returns a function that finds, from the arguments of a process, the service
	// that it stops or starts. It is nil if the manager itself knows everything that is under
	// way.
	Commands(services []string) func(args []string) (service, verb string, ok bool)
}

// Stepper stops and starts services.
type Stepper interface {
	// Stop and Start are those of restart.Controller.
	Stop(ctx context.Context, service string, with rcd.With) error
	Start(ctx context.Context, service string, with rcd.With) error
	// CarriesOut reports whether a process with these arguments stops or starts the service.
	CarriesOut(args []string, verb words.Verb, service string) bool
	// Argv returns the command of a step, for people.
	Argv(verb words.Verb, service string) []string
}

// Manager is the machine's service manager, or a program in its place.
type Manager interface {
	Observer
	Stepper
	// Name is the name of the manager, for people.
	Name() string
	// Obstacle returns the reason why a start would do nothing; nil if there is none.
	Obstacle(ctx context.Context, service string) (*rcd.Obstacle, error)
	// Wish returns what an admin wants of a service that is down; nil if no wish is known.
	Wish(ctx context.Context, service string, past rcd.Past) (*rcd.Wish, error)
	// Death returns how a service that is down has ended.
	Death(ctx context.Context, service string) (rcd.Death, error)
	// Phase returns whether the machine boots, works or shuts down. Boot returns how long the
	// current boot has lasted, and what it waits for.
	Phase(ctx context.Context) (rcd.Phase, error)
	Boot(ctx context.Context) (rcd.Boot, error)
}

// Log takes the lines of the log, as things happen.
type Log interface {
	Log(level report.Level, format string, args ...any)
	// Record takes a line about a lasting problem that the report shows as well.
	Record(level report.Level, format string, args ...any)
}

// Progress shows a person what is under way, until the returned function is called.
type Progress interface {
	Begin(what string) (end func())
}

// observer is the one to ask in a run of any kind; nil: there is none.
func (s Services) observer() Observer {
	if s.Manager != nil {
		return s.Manager
	}
	return s.Observer
}
