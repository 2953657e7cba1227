// Package keeper joins the rooms: it looks, decides and acts, for all daemons of
// a run.
//
// It never acts on a guess. A daemon is restarted only if two looks, some time
// apart, have both seen the whole process table and found it down, if nothing says
// that it should be left alone, and if no other run is at work on its services.
package keeper

import (
	"context"
	"fmt"
	"sync"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/packages"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
	"daemon-keeper/restart"
)

// Daemon is what is to be kept, and how; or a rule, whose Spec says so.
type Daemon struct {
	Name      string // what people call it
	Spec      check.Spec
	Recheck   time.Duration // from being found down to the look that confirms it
	BootGrace time.Duration // it is left alone while the machine has been up for less
	BootLimit time.Duration // it is left alone while the machine boots, but not for longer
	WorkLimit time.Duration // it is left alone while somebody is at work on a service, where the work has no limit of its own
	After     []string      // it is restarted only when these are up
	Policy    past.Policy   // of the back-off
	Leftovers string        // what is done about what a stop leaves behind: ReportLeftovers or EndLeftovers
	Respect   []words.Hold  // why it is left alone
	Unjudged  []string      // what is not looked at: only its processes are
	Own       rcd.OwnDaemon // how it is started, if no manager knows it
	LookOnly  bool          // it is here for those that come after it: not restarted, not reported
	restart.Procedure
}

// Manager is the machine's service manager, or a program in its place.
type Manager interface {
	// Stop and Start are as restart.Controller has them.
	Stop(ctx context.Context, service string, with rcd.With) error
	Start(ctx context.Context, service string, with rcd.With) error
	// CarriesOut reports whether a process with these arguments is at one of them.
	CarriesOut(args []string, verb words.Verb, service string) bool
	// Name is the manager's name for people.
	Name() string
	// Find fails if there is no such service. It starts no process for one
	// that can be found by looking at files.
	Find(ctx context.Context, service string) error
	// Obstacle is what would make a start do nothing; nil if nothing would.
	Obstacle(ctx context.Context, service string) (*rcd.Obstacle, error)
	// Wish is what somebody has said of a service that is down; nil if nobody has.
	Wish(ctx context.Context, service string, past rcd.Past) (*rcd.Wish, error)
	// Condition is what the manager knows of a service at this moment.
	Condition(ctx context.Context, service string) (rcd.Condition, error)
	Observer
	// Boot is how long a boot that is under way has lasted, and what it waits for.
	Boot(ctx context.Context) (rcd.Boot, error)
	// Death is how a service that is down has ended.
	Death(ctx context.Context, service string) (rcd.Death, error)
	Phase(ctx context.Context) (rcd.Phase, error)
	Argv(verb words.Verb, service string) []string
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

// Keeper is one run.
type Keeper struct {
	Manager Manager
	// Look takes one snapshot and gives a verdict for each Spec; Probe has the
	// last word where a verdict is Pending.
	Look     func(context.Context, []check.Spec, check.Options) []check.Verdict
	Probe    func(ctx context.Context, spec check.Spec, v check.Verdict, afterRestart bool) check.Verdict
	Log      Log
	Progress Progress // may be nil

	// Store is what is remembered from run to run, under Key; nil: nothing is.
	Store        *state.Store
	Key          string
	Whole        bool                                      // what is not among these daemons is kept no more
	Forgetful    error                                     // why there is no Store, though there may be something to remember
	Clock        func() past.Stamp                         // nil: state.Clock()
	Started      func(pid int) (start uint64, err error)   // by which a process is known again
	Runs         func(pid int, start uint64) (bool, error) // whether a process that is remembered still runs
	Kin          Kin                                       // nil: nobody looks at what else runs a daemon's program
	Commands     func(ctx context.Context, is func(args []string) bool) ([]check.Command, error)
	IsStopped    func(pid int) bool                           // by a signal
	Program      string                                       // our own, see rcd.With
	Processes    Processes                                    // single ones; nil: what is left of a daemon counts as the daemon
	Packages     func() (*packages.Work, error)               // the package manager at work
	Tell         func(ctx context.Context, list []Transition) // nil: nobody is told
	Remind       time.Duration                                // tell again of what is still down; 0: never
	IgnoreIntent bool                                         // restart whatever somebody wants
	PID          int                                          // of this run, for people

	// Of several service managers: the name of a service's, for people, and a name of the
	// service that no other one has; nil: there is one, and names are as they are.
	ManagerOf func(service string) string
	LockName  func(service string) string
	// Supervised is what a service's supervisor does; nil if it has none. It reads files only.
	Supervised func(ctx context.Context, service string) (*rcd.Supervision, error)

	Observer Observer                    // of who only looks; nil: nobody is asked what is under way
	Frozen   func(pid int) (bool, error) // whether a process is kept from running; nil: nobody can tell
	// Condition and Find ask in place of a Manager that is nil; nil: nobody does.
	Condition func(ctx context.Context, service string) (rcd.Condition, error)
	Find      func(ctx context.Context, service string) error

	// Opinion asks the manager what it says of a service itself; nil: nobody does.
	Opinion func(ctx context.Context, service string) (rcd.Opinion, error)

	// Evidence asks others than the manager what has ended a daemon; nil: nobody is asked.
	// All of them and the manager together have EvidenceTime: the
	// remedy does not wait for the diagnosis.
	Evidence     func(ctx context.Context, d postmortem.Dead) postmortem.Evidence
	EvidenceTime time.Duration

	RunDir    string       // where the locks are; made only when a daemon is down
	Outputs   *rcd.Outputs // the manager's; its folder is set once RunDir is known to be safe
	Uptime    func() (time.Duration, error)
	UserName  func(uint32) string // nil: only numbers
	NeedsRoot bool                // we lack the right to stop and start services
	DryRun    bool
	Watching  bool // only look: nothing is restarted, and the Manager may be nil
	Measure   bool // see all processes that count, with their age and the CPU that they have used
	Details   bool // look at every process, to report what was excluded and why
	Near      bool // and report what a person could take for the daemon
	AtOnce    int  // how many daemons may be restarted at the same time; 0: 1
}

// lookTime is the limit for one look at the table. Reading /proc can hang on a
// process that is itself stuck in the kernel.
const lookTime = 30 * time.Second

// probesAtOnce bounds the descriptors that probes hold.
const probesAtOnce = 200

// Run keeps all daemons, by one snapshot of the process table. One that hangs
// delays none of the others. Once ctx has ended it starts what it has stopped, and
// nothing else.
func (k *Keeper) Run(ctx context.Context, daemons []Daemon) []report.Daemon {
	p := k.newPass(ctx, daemons)
	if !k.DryRun && !k.Watching {
		p.trim()
	}
	p.load()
	p.unfinished()
	sound := p.check(ctx)
	specs := make([]check.Spec, len(sound))
	for i, r := range sound {
		specs[i] = r.daemon.Spec
	}
	verdicts := p.looks.all(ctx, specs, k.options())
	var busy sync.WaitGroup
	for _, i := range p.strange {
		busy.Go(func() { p.finishStrange(ctx, i) })
	}
	for i, r := range sound {
		if v := verdicts[i]; r.left == nil && !v.Pending && !r.suspects(v) && r.settle(ctx, v) {
			r.end()
			continue
		}
		busy.Go(func() {
			defer r.end()
			r.keep(ctx, verdicts[i])
		})
	}
	busy.Wait()
	if p.unbound != nil {
		p.unbound()
	}
	p.saveAll()
	p.prune()
	p.teller.end(ctx)
	if k.Opinion != nil {
		p.ask(ctx)
	}
	return p.reports()
}

func (k *Keeper) options() check.Options {
	return check.Options{Full: k.Details, Measure: k.Measure, Near: k.Near, Remember: k.Store != nil}
}

// pass is what the daemons of one run share.
type pass struct {
	*Keeper
	tasks  []*task
	byName map[string]*task
	looks  *looks
	turns  *turns
	probes chan struct{}
	deaths chan struct{}             // bounds the commands that ask for causes
	phase  func() (rcd.Phase, error) // asked once
	boot   func() (rcd.Boot, error)  // asked once

	memory   *memory
	strange  []state.Intent // left by runs that have died, of daemons of which this one knows nothing
	packages func() (*packages.Work, error)
	teller   *teller

	outputs sync.Once // has told the manager where outputs go
	unbound func()    // lets outputs grow again; nil if there are none
	told    sync.Map  // lines that the diary needs once
}

func (k *Keeper) newPass(ctx context.Context, daemons []Daemon) *pass {
	p := &pass{
		Keeper: k, byName: make(map[string]*task, len(daemons)),
		looks: &looks{look: k.Look}, turns: newTurns(max(k.AtOnce, 1)), probes: make(chan struct{}, probesAtOnce), deaths: make(chan struct{}, deathsAtOnce),
		phase:  sync.OnceValues(func() (rcd.Phase, error) { return k.Manager.Phase(ctx) }),
		boot:   sync.OnceValues(k.askBoot(ctx)),
		memory: k.remember(), teller: &teller{tell: k.Tell},
		packages: func() (*packages.Work, error) { return nil, nil },
	}
	if k.Packages != nil {
		p.packages = sync.OnceValues(k.Packages)
	}
	if k.Manager == nil {
		p.phase = func() (rcd.Phase, error) { return rcd.Working, nil }
	}
	for i, d := range daemons {
		d.Spec.NameIsEnough = k.Watching
		r := &task{pass: p, order: i, daemon: d, done: make(chan struct{}), report: report.Daemon{
			Name: d.Name, Rule: d.Spec.Rule, Count: bounds(d.Spec.Bounds()), Services: servicesOf(d), Unjudged: d.Unjudged,
		}}
		p.tasks = append(p.tasks, r)
		p.byName[d.Name] = r
	}
	return p
}

// checksAtOnce bounds the commands of one kind that only ask.
const checksAtOnce = 16

// deathsAtOnce bounds the daemons whose end is looked into at the same time. Each takes the
// manager's command and those of several witnesses: of sixteen together, on a machine with
// two processors, the manager's did not answer in time, which knows most.
const deathsAtOnce = 4

// check sorts out what cannot work before anything is looked at or touched. A
// manager that hangs costs its time once, not once for each daemon.
func (p *pass) check(ctx context.Context) []*task {
	errs := make([]error, len(p.tasks))
	slots := make(chan struct{}, checksAtOnce)
	var checks sync.WaitGroup
	for i, r := range p.tasks {
		slots <- struct{}{}
		checks.Go(func() {
			errs[i] = p.checkOne(ctx, r.daemon)
			<-slots
		})
	}
	checks.Wait()
	var sound []*task
	for i, r := range p.tasks {
		if errs[i] != nil {
			r.cannotTell(errs[i])
			r.end()
			continue
		}
		sound = append(sound, r)
	}
	return sound
}

func (p *pass) checkOne(ctx context.Context, d Daemon) error {
	find := p.Find
	if p.Manager != nil {
		find = p.Manager.Find
	}
	if d.LookOnly || find == nil {
		return nil
	}
	for _, service := range d.Services {
		if err := find(ctx, service); err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) reports() []report.Daemon {
	var list []report.Daemon
	for _, r := range p.tasks {
		if !r.daemon.LookOnly {
			if !r.daemon.Spec.Rule {
				r.report.Totals, r.report.Deaths = r.totals(), r.past.Deaths
				if i := r.past.Incident; i != nil {
					r.report.DownSince, r.report.Died = i.From(), !i.Died.IsZero()
				}
				if r.Watching {
					r.recallDeath()
					r.report.LastWords = r.lastWords()
				}
				r.notePause()
			}
			list = append(list, r.report)
		}
	}
	p.summary(list)
	return list
}

// summary is all that the diary is told of those that are well, if there are
// several.
func (p *pass) summary(list []report.Daemon) {
	well := 0
	for _, d := range list {
		if d.Result == report.Up || d.Result == report.Clear {
			well++
		}
	}
	if p.several() {
		p.Log.Log(report.Routine, "%d of %d daemons and rules were well", well, len(list))
	}
}

// logOnce writes down what is true of the machine, not of one daemon.
func (p *pass) logOnce(level report.Level, format string, args ...any) {
	p.once(p.Log.Log, level, format, args...)
}

// recordOnce is logOnce for what stays wrong, which the report says, too.
func (p *pass) recordOnce(level report.Level, format string, args ...any) {
	p.once(p.Log.Record, level, format, args...)
}

func (p *pass) once(log func(report.Level, string, ...any), level report.Level, format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if _, before := p.told.LoadOrStore(line, true); !before {
		log(level, "%s", line)
	}
}
