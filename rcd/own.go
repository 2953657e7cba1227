package rcd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

// IsIt reports whether the daemon says how it is started, so that no manager has to know it.
func (d *OwnDaemon) IsIt() bool { return len(d.Start) > 0 }

// Service is the name by which the daemon is locked, remembered and told of.
func (d *OwnDaemon) Service() string { return OwnService(d.Name) }

// own starts and stops daemons that no manager knows. It does not watch over them: whether one
// is up is asked of the process table, and whether it is to be left down, of the pauses.
type own struct {
	basic
	daemons map[string]*OwnDaemon // by name
	outputs *Outputs
	scopes  string // systemd-run(1), where daemons get scopes of their own; "" elsewhere

	mutex  sync.Mutex
	failed map[string]bool // daemons whose last start by us has failed
}

// NewOwn makes a manager of the daemons that a configuration has, and that no other one knows.
func NewOwn(host Host, daemons []*OwnDaemon, outputs *Outputs) *Manager {
	o := &own{basic: basic{newSystem(outputs)}, daemons: make(map[string]*OwnDaemon), outputs: outputs, scopes: host.scopes(), failed: make(map[string]bool)}
	for _, d := range daemons {
		o.daemons[d.Name] = d
	}
	return &Manager{o}
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
func (*own) Name() string { return "daemon-keeper itself" }

// of is the daemon of a service, which may be given without its prefix.
func (o *own) of(service string) (*OwnDaemon, error) {
	if d := o.daemons[strings.TrimPrefix(service, OwnPrefix+":")]; d != nil {
		return d, nil
	}
	return nil, &NotFoundError{Service: service, Manager: "the configuration", List: "daemon-keeper validate -v"}
}

// Find fails if no daemon of the configuration has this service.
func (o *own) Find(_ context.Context, service string) error {
	_, err := o.of(service)
	return err
}

// Argv is what is executed. The processes of a daemon without a stop command are ended by
// ourselves: then it is the command that a person would type.
func (o *own) Argv(verb Verb, service string) []string {
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

// carriesOut is Manager.CarriesOut: for the child of a run, the launcher, or a stop command.
func (o *own) carriesOut(args []string, verb Verb, service string) bool {
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

// Obstacle looks for what keeps the daemon from being started. It is asked before the stop.
func (o *own) Obstacle(_ context.Context, service string) (*Obstacle, error) {
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

// account is the user that the daemon runs as. It fails if we may not become that user, or if the
// program is not to be trusted for it.
func (d *OwnDaemon) account() (account, error) {
	a, err := lookUpAccount(d.As)
	if err == nil {
		err = a.mayBecome()
	}
	if err == nil {
		err = trust.ProgramOf(d.Start[0], a.uid)
	}
	return a, err
}

// check looks at all that the start needs.
func (d *OwnDaemon) check() error {
	if _, err := d.account(); err != nil {
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

// condition has where the daemon's processes are, and whether its start has failed, so that
// nobody waits for it: whether it runs is not known here.
func (o *own) condition(_ context.Context, service string) (Condition, error) {
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

// opinion is unknown, for the same reason.
func (o *own) opinion(_ context.Context, service string) (Opinion, error) {
	_, err := o.of(service)
	return Opinion{Word: "no manager"}, err
}

// names are those of the daemons, whether or not they run. There is no list: what the
// configuration has already is not proposed for it.
func (o *own) names(context.Context) ([]string, error) {
	return slices.Collect(maps.Keys(o.daemons)), nil
}

// Death: nobody here has waited for the daemon, so its end is not known. What it has printed
// since its start is in its file.
func (o *own) Death(_ context.Context, service string) (Death, error) {
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

func (o *own) state(result) State { return Unknown }

// carryOut stops a daemon by its command, or by signals to its processes, and starts it by the
// launcher.
func (o *own) carryOut(ctx context.Context, verb Verb, service string, with With) error {
	d, err := o.of(service)
	switch {
	case err != nil:
		return err
	case verb == Stop && len(d.Stop) > 0:
		return o.step(ctx, Stop, d.Service(), d.Stop, with)
	case verb == Stop:
		err = d.end(ctx, with)
	default:
		if err = mayStart(ctx, with); err == nil {
			return o.start(ctx, d, with)
		}
	}
	if err == nil {
		return nil
	}
	return &CommandError{Verb: verb, Service: d.Service(), Argv: o.Argv(verb, service), Status: -1, Cause: err}
}

// mayStart: a daemon is started once, so not if processes of it run that should have ended.
func mayStart(ctx context.Context, with With) error {
	if with.Remaining != nil {
		switch pids, err := with.Remaining(ctx); {
		case err != nil:
			return errors.New("it cannot be told whether the old one has ended: " + err.Error())
		case len(pids) > 0:
			return &ownRunsError{pids}
		}
	}
	if with.Program == "" {
		return errors.New("our own program, which starts it, was not found")
	}
	return nil
}

// start starts the daemon in a scope of its own, if it can have one.
func (o *own) start(ctx context.Context, d *OwnDaemon, with With) error {
	err := o.launch(ctx, d, with, o.scopes)
	var failed *CommandError
	if o.scopes != "" && errors.As(err, &failed) && failed.Status == statusNoScope {
		if with.Warn != nil {
			with.Warn(fmt.Errorf("cannot give service %s a scope of its own (%w): it is started in the control group of this run", d.Service(), failed.Cause))
		}
		err = o.launch(ctx, d, with, "")
	}
	return err
}

// launch starts the daemon by the launcher. The launcher's last line says what has failed.
func (o *own) launch(ctx context.Context, d *OwnDaemon, with With, scopes string) error {
	with.input = launchPlan{OwnDaemon: *d, Scopes: scopes}.encode()
	err := o.step(ctx, Start, d.Service(), []string{with.Program, launchName, d.Service()}, with)
	var failed *CommandError
	isFailed := errors.As(err, &failed) && isLaunchStatus(failed.Status)
	o.mutex.Lock()
	defer o.mutex.Unlock()
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
