package rcd

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/trust"
	"daemon-keeper/internal/words"
)

// OwnDaemon is a daemon that no manager knows, and how it is started and stopped.
type OwnDaemon struct {
	Name        string
	Start       []string // an absolute path and arguments; no shell
	Stop        []string // the same; nil: its processes are ended
	As          string   // USER or USER:GROUP, names or numbers; "": who we are
	Directory   string   // where it is started; "": /
	Environment []string // NAME=VALUE, beside what every such daemon gets
}

// OwnPrefix opens the name of the service that such a daemon has, before a colon.
const OwnPrefix = "own"

// OwnService is the service of a daemon that no manager knows.
func OwnService(daemon string) string { return OwnPrefix + ":" + daemon }

// IsOwn reports whether a service is that of a daemon that no manager knows.
func IsOwn(service string) bool { return strings.HasPrefix(service, OwnPrefix+":") }

// IsIt reports whether it is one: it says how it is started.
func (d *OwnDaemon) IsIt() bool { return len(d.Start) > 0 }

// Service is the name by which the daemon is locked, remembered and told of.
func (d *OwnDaemon) Service() string { return OwnService(d.Name) }

// Own starts and stops daemons that no manager knows. It has the methods of a Manager,
// for the services of these daemons. It does not watch over them: whether one is up is
// asked of the process table, and whether it is to be left down, of the pauses.
type Own struct {
	daemons map[string]*OwnDaemon // by name
	run     runner
	outputs *Outputs
	scopes  string // systemd-run(1), where daemons get scopes of their own; "" elsewhere

	mutex  sync.Mutex
	failed map[string]bool // daemons whose last start by us has failed
}

// NewOwn makes one for the daemons that a configuration has.
func NewOwn(host Host, daemons []*OwnDaemon, outputs *Outputs) *Own {
	o := &Own{daemons: make(map[string]*OwnDaemon, len(daemons)), run: newSystem(outputs), outputs: outputs, scopes: host.scopes()}
	for _, d := range daemons {
		o.daemons[d.Name] = d
	}
	return o
}

// scopes is the program that puts a daemon into a scope of systemd's, if there is one.
// Another user's systemd is not asked: it ends with the last session.
func (h Host) scopes() string {
	path, ok := lookPath(h.Root, "systemd-run")
	if h.OS != "linux" || !ok || !h.isDir("/run/systemd/system") || os.Geteuid() != 0 {
		return ""
	}
	return path
}

// Name is for people.
func (*Own) Name() string { return "daemon-keeper itself" }

// of is the daemon of a service, which may be given without its prefix.
func (o *Own) of(service string) (*OwnDaemon, error) {
	if d := o.daemons[strings.TrimPrefix(service, OwnPrefix+":")]; d != nil {
		return d, nil
	}
	return nil, &NotFoundError{Service: service, Manager: "the configuration", List: "daemon-keeper validate -v"}
}

// Find fails if no daemon of the configuration has this service.
func (o *Own) Find(_ context.Context, service string) error {
	_, err := o.of(service)
	return err
}

// Argv is what is executed. The processes of a daemon without a stop command are ended by
// ourselves: then it is the command that a person would type.
func (o *Own) Argv(verb Verb, service string) []string {
	d, err := o.of(service)
	switch {
	case err != nil:
		return nil
	case verb == Start:
		return d.Start
	case verb == Stop && len(d.Stop) > 0:
		return d.Stop
	case verb == Stop:
		return []string{"kill", "-TERM", "the processes of " + d.Name}
	}
	return nil
}

// CarriesOut reports whether a process with these arguments carries out the verb for the
// service: the child of a run, the launcher, or a stop command.
func (o *Own) CarriesOut(args []string, verb Verb, service string) bool {
	d, err := o.of(service)
	if err != nil {
		return false
	}
	if child, ok := parseChildArgs(args); ok {
		return child.verb == verb && child.service == d.Service()
	}
	if verb == Start {
		return isLauncherFor(args, d.Service())
	}
	return endsIn(args, d.Stop)
}

// Commands finds nothing: nobody else starts such a daemon.
func (*Own) Commands([]string) func(args []string) (service, verb string, ok bool) { return nil }

// Obstacle looks for what keeps the daemon from being started. It is asked before the stop.
func (o *Own) Obstacle(_ context.Context, service string) (*Obstacle, error) {
	d, err := o.of(service)
	if err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return &Obstacle{Service: d.Service(), err: err}, nil
	}
	return nil, nil
}

// ownError is what a person has to put right.
type ownError struct{ text, hint string }

func (e *ownError) Error() string { return e.text }

// Hint is the way out.
func (e *ownError) Hint() string { return e.hint }

// check looks at all that the start needs.
func (d *OwnDaemon) check() error {
	a, err := lookUpAccount(d.As)
	if err != nil {
		return err
	}
	if err := a.mayBecome(); err != nil {
		return err
	}
	if err := trust.ProgramOf(d.Start[0], a.uid); err != nil {
		return err
	}
	if len(d.Stop) > 0 { // which runs as we do
		if err := trust.Program(d.Stop[0]); err != nil {
			return err
		}
	}
	info, err := os.Stat(cmp.Or(d.Directory, "/"))
	switch {
	case err != nil:
		return &ownError{"cannot use directory " + d.Directory + ": " + osutil.Cause(err).Error(), "make it, or correct directory"}
	case !info.IsDir():
		return &ownError{"cannot use directory " + d.Directory + ": it is not a folder", "correct directory"}
	}
	return nil
}

// Wish: what is wanted of such a daemon is in the pauses, which are no manager's.
func (*Own) Wish(context.Context, string, Past) (*Wish, error) { return nil, nil }

// Condition has where the daemon's processes are, and whether its start has failed, so that
// nobody waits for it: whether it runs is not known here.
func (o *Own) Condition(_ context.Context, service string) (Condition, error) {
	d, err := o.of(service)
	if err != nil {
		return Condition{}, err
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	c := Condition{Failed: o.failed[d.Name]}
	if o.scopes != "" {
		c.Group = "/system.slice/" + d.slice()
	}
	return c, nil
}

// Opinion is unknown, for the same reason.
func (o *Own) Opinion(_ context.Context, service string) (Opinion, error) {
	_, err := o.of(service)
	return Opinion{Word: "no manager"}, err
}

// Work: nobody but us does anything with it.
func (*Own) Work(context.Context, string) (*Work, error) { return nil, nil }

// Names are those of the daemons, whether or not they run, sorted.
func (o *Own) Names(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(o.daemons)), nil
}

// List fails: what the configuration has already is nothing to propose for it.
func (o *Own) List(context.Context) ([]Listed, error) { return nil, &NoListError{o.Name()} }

// Boot and Phase are the machine's, and known to its manager.
func (*Own) Boot(context.Context) (Boot, error) { return Boot{}, nil }

// Phase is Working, as of a manager that cannot tell.
func (*Own) Phase(context.Context) (Phase, error) { return Working, nil }

// Death is known to others than the parent, which is long gone; but what the daemon has
// printed since its start is there.
func (o *Own) Death(_ context.Context, service string) (Death, error) {
	d, err := o.of(service)
	if err != nil {
		return Death{}, err
	}
	death := Death{Cause: CauseUnknown}
	if o.outputs != nil && o.outputs.Dir != "" {
		death.See = "tail " + words.Shell(o.outputs.Path(d.Service()))
	}
	return death, nil
}

// Start starts the daemon, once: not if processes of it run that should have ended.
func (o *Own) Start(ctx context.Context, service string, with With) error {
	d, err := o.of(service)
	if err != nil {
		return err
	}
	if with.Remaining != nil {
		switch pids, err := with.Remaining(ctx); {
		case err != nil:
			return &CommandError{Verb: Start, Service: d.Service(), Argv: d.Start, Status: -1, Cause: errors.New("it cannot be told whether the old one has ended: " + err.Error())}
		case len(pids) > 0:
			return &CommandError{Verb: Start, Service: d.Service(), Argv: d.Start, Status: -1, Cause: &ownRunsError{pids}}
		}
	}
	if with.Program == "" {
		return &CommandError{Verb: Start, Service: d.Service(), Argv: d.Start, Status: -1, Cause: errors.New("our own program, which starts it, was not found")}
	}
	err = o.launch(ctx, d, with, o.scopes)
	var failed *CommandError
	if o.scopes != "" && errors.As(err, &failed) && failed.Status == statusNoScope {
		if with.Warn != nil {
			with.Warn(&noScopeError{d.Service(), failed.Cause})
		}
		err = o.launch(ctx, d, with, "")
	}
	return err
}

// noScopeError says that a daemon is where its run is.
type noScopeError struct {
	service string
	cause   error
}

func (e *noScopeError) Error() string {
	return "cannot give service " + e.service + " a scope of its own (" + e.cause.Error() + "): it is started in the control group of this run"
}

func (e *noScopeError) Unwrap() error { return e.cause }

// launch starts the daemon by the launcher, and takes its word for what has failed.
func (o *Own) launch(ctx context.Context, d *OwnDaemon, with With, scopes string) error {
	with.input = launchPlan{OwnDaemon: *d, Scopes: scopes}.encode()
	err := o.run.step(ctx, Start, d.Service(), []string{with.Program, launchName, d.Service()}, with)
	var failed *CommandError
	isFailed := errors.As(err, &failed) && isLaunchStatus(failed.Status)
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.failed == nil {
		o.failed = make(map[string]bool)
	}
	o.failed[d.Name] = isFailed
	if failed == nil {
		return err
	}
	failed.Argv = d.Start
	if n := len(failed.Output); isFailed && n > 0 {
		failed.Cause = errors.New(words.Printable(failed.Output[n-1]))
		failed.Output = slices.DeleteFunc(failed.Output[:n-1], func(line string) bool { return line == "" })
	}
	return err
}
