// Package keeper joins the rooms: it looks, decides and acts, for one daemon.
//
// It never acts on a guess. A daemon is restarted only if two looks, some time
// apart, have both seen the whole process table and no process of the daemon in
// it, if nothing says that it should be left alone, and if no other run is at
// work on its services.
package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
	"daemon-keeper/restart"
)

// Daemon is what is to be kept, and how.
type Daemon struct {
	Spec    check.Spec
	Recheck time.Duration // from being found down to the look that confirms it
	restart.Procedure
}

// Manager is the machine's service manager, or a program in its place.
type Manager interface {
	restart.Controller
	// Find fails if there is no such service. It starts no process for one
	// that can be found by looking at files.
	Find(ctx context.Context, service string) error
	// Obstacle is what would make a start do nothing; nil if nothing would.
	Obstacle(ctx context.Context, service string) (*rcd.Obstacle, error)
	Phase(ctx context.Context) (rcd.Phase, error)
	Argv(verb rcd.Verb, service string) []string
	// Spare names the processes that a start whose time is over must not end.
	Spare(isDaemon func(pid int) bool)
}

// Log takes the lines of the diary, as things happen.
type Log interface {
	Log(level report.Level, format string, args ...any)
}

// Progress shows a person what is under way.
type Progress interface {
	Begin(what string)
	End()
}

// Keeper is one run.
type Keeper struct {
	Manager  Manager
	Look     func(context.Context, []check.Spec, check.Options) []check.Verdict // one for each daemon
	Log      Log
	Progress Progress // may be nil

	RunDir    string        // where the locks are; made only when a daemon is down
	Outputs   *rcd.Outputs  // the manager's; its folder is set once RunDir is known to be safe
	BootGrace time.Duration // do not act while the machine has been up for less
	Uptime    func() (time.Duration, error)
	MayAct    error // not nil: we lack the right to stop and start services
	DryRun    bool
	Details   bool // look at every process, to report what was excluded and why
}

// lookTime is the limit for one look. Reading /proc can hang on a process that
// is itself stuck in the kernel.
const lookTime = 30 * time.Second

// Check refuses what cannot work, before anything is looked at or touched: an
// executable that no process could be executing, a service that nobody knows.
func (k *Keeper) Check(ctx context.Context, d Daemon) error {
	if _, err := check.Find(d.Spec.Executable); err != nil {
		return err
	}
	if isOurselves(d.Spec.Executable) {
		return &OwnProgramError{d.Spec.Executable}
	}
	for _, service := range d.Services {
		if err := k.Manager.Find(ctx, service); err != nil {
			return err
		}
	}
	return nil
}

// OwnProgramError says that daemon-keeper was told to keep itself.
type OwnProgramError struct {
	Path string
}

func (e *OwnProgramError) Error() string {
	return fmt.Sprintf("cannot keep %q: it is daemon-keeper itself", e.Path)
}

// Hint is the way out.
func (e *OwnProgramError) Hint() string {
	return "give the daemon's program with -e, and its services with -s"
}

func isOurselves(path string) bool {
	self, err := os.Executable()
	if err != nil {
		return false
	}
	ours, err := os.Stat(self)
	if err != nil {
		return false
	}
	theirs, err := os.Stat(path)
	return err == nil && os.SameFile(ours, theirs)
}

// Run keeps one daemon. Once ctx has ended it starts what it has stopped, and
// nothing else.
func (k *Keeper) Run(ctx context.Context, d Daemon) report.Daemon {
	r := run{Keeper: k, daemon: d, report: report.Daemon{Name: d.Spec.Executable}}
	if !k.DryRun {
		k.trim(d.Services)
	}
	r.keep(ctx)
	return r.report
}

// run is the state of one pass over one daemon.
type run struct {
	*Keeper
	daemon Daemon
	report report.Daemon
}

// keep is the flow of a run. Each part ends it by returning false.
func (r *run) keep(ctx context.Context) {
	if v := r.look(ctx); !r.settle(v) {
		return
	}
	began := time.Now()
	if !r.confirm(ctx) || !r.allowed(ctx) {
		return
	}
	services, ok := r.startable(ctx)
	if !ok || r.DryRun {
		r.plan(services)
		return
	}
	locks, ok := r.lock()
	if !ok {
		return
	}
	defer locks.Release()
	// Another run may have been at work between our look and our lock.
	if v := r.look(ctx); !r.settle(v) {
		return
	}
	r.restart(ctx, services)
	r.report.Took = time.Since(began)
}

// look takes a snapshot and judges it.
func (r *run) look(ctx context.Context) check.Verdict {
	return r.lookWith(ctx, check.Options{Full: r.Details})
}

func (r *run) lookWith(ctx context.Context, opts check.Options) check.Verdict {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), lookTime,
		fmt.Errorf("it took longer than %s", report.Limit(lookTime)))
	defer cancel()
	return r.Look(ctx, []check.Spec{r.daemon.Spec}, opts)[0]
}

// settle reports a verdict that ends the run; only Down does not.
func (r *run) settle(v check.Verdict) (down bool) {
	r.report.Details = details(v)
	switch v.State {
	case check.Up:
		r.report.Result = report.Up
		r.report.PIDs = pids(v)
		r.Log.Log(report.Routine, "'%s' is running (%s)", r.report.Name, report.PIDList(r.report.PIDs))
		for _, n := range notices(v) {
			r.Log.Log(n.level, "%s", n.text)
			r.report.Notices = append(r.report.Notices, n.text)
		}
		return false
	case check.Down:
		return true
	}
	r.cannotTell(v.Err)
	return false
}

func (r *run) cannotTell(err error) {
	r.report.Result = report.CannotTell
	r.report.Reason = err.Error()
	r.report.Hint = hint(err)
	level := report.Error
	var blind *check.BlindError
	if errors.As(err, &blind) {
		level = report.Fatal
	}
	r.Log.Log(level, "%v; nothing was touched", err)
}

// confirm looks again after a while: it may have been a restart in passing.
func (r *run) confirm(ctx context.Context) bool {
	if r.daemon.Recheck > 0 {
		timer := time.NewTimer(r.daemon.Recheck)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			r.cannotTell(fmt.Errorf("interrupted before a second look at '%s', which was not running at the first", r.report.Name))
			return false
		}
		if v := r.look(ctx); !r.settle(v) {
			return false
		}
	}
	if !r.DryRun {
		r.Log.Log(report.Warning, "'%s' is not running", r.report.Name)
	}
	r.report.Result = report.StillDown
	return true
}

// hold leaves a daemon alone that is down.
func (r *run) hold(level report.Level, why string) {
	r.report.Result = report.Held
	r.report.Reason = why
	r.Log.Log(level, "'%s' is left alone: %s", r.report.Name, why)
}

// restart acts.
func (r *run) restart(ctx context.Context, services []string) {
	p := r.daemon.Procedure
	p.Services = services
	defer context.AfterFunc(ctx, func() {
		r.Log.Log(report.Notice, "%v: what was stopped is started, and nothing more is touched", context.Cause(ctx))
	})()
	r.Manager.Spare(func(pid int) bool {
		pids, err := r.Probe(ctx)
		return err != nil || slices.Contains(pids, pid)
	})
	o := p.Run(ctx, r.Manager, r, r)
	r.report.PIDs = o.PIDs
	for _, step := range p.Steps()[len(o.Steps):] {
		r.report.Steps = append(r.report.Steps, report.Step{
			Verb: string(step.Verb), Service: step.Service, Skipped: true, Err: "this run was interrupted",
		})
	}
	name, pids := r.report.Name, report.PIDList(o.PIDs)
	switch {
	case o.Err != nil:
		r.report.Reason = o.Err.Error()
		r.Log.Log(report.Error, "cannot tell whether '%s' is running again: %v", name, o.Err)
	case !o.Up():
		r.report.Reason = whyStillDown(o, p)
		r.report.Hint = "look at what the service has printed and at the daemon's own log; then run its start by hand"
		r.Log.Log(report.Error, "'%s' is still not running: %s", name, r.report.Reason)
	default:
		r.report.Result = report.BroughtBack
		r.Log.Log(report.Notice, "'%s' is running again (%s)", name, pids)
	}
}

func whyStillDown(o restart.Outcome, p restart.Procedure) string {
	switch {
	case o.Interrupted:
		return "this run was interrupted"
	case o.Lost > 0:
		return fmt.Sprintf("it came up %s and did not stay up for %s", times(o.Lost), report.Limit(p.Settle))
	}
	return fmt.Sprintf("it did not appear within %s", report.Limit(p.Verify))
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// Probe is restart's view of the process table.
func (r *run) Probe(ctx context.Context) ([]int, error) {
	v := r.lookWith(ctx, check.Options{Full: true})
	r.report.Details = details(v)
	if v.State == check.Unknown {
		return nil, v.Err
	}
	return pids(v), nil
}
