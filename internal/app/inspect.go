package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/inspect"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/rcd"
)

// Limits of the inspection of one daemon, and of the number of its processes that are
// inspected. A remote file system may never answer.
const (
	inspectTime   = 15 * time.Second
	worldTime     = time.Minute
	mostInspected = 4
)

// inspectCommand tells how daemons run. It only looks.
type inspectCommand struct {
	Names  []string `arg:"" optional:"" sep:"none" name:"spec" takes:"specs"`
	Only   string   `default:"notice" placeholder:"SEVERITY" choices:"notice warning critical" refuse:"cannot leave out what is below %q" hint:"choose notice, warning or critical" help:"Leave out findings below this severity: notice, warning or critical (${default})."`
	All    bool     `short:"a" help:"Print all that was read, too."`
	Output string   `short:"o" default:"text" placeholder:"FORMAT" choices:"text json" refuse:"cannot print what was found as %q" hint:"choose text or json" help:"Print what was found as text or json."`
	configFlag
}

// Help is what the help says of the command beside its flags.
func (inspectCommand) Help() string {
	return specs + `
Exit status: 0 nothing is worse than a notice; 1 there are warnings; 2 something
is critical, or a daemon is down; 3 not all could be looked at.

Examples:
  daemon-keeper inspect
  daemon-keeper inspect --only warning nginx
  daemon-keeper inspect -a -o json /usr/sbin/nginx`
}

func (i *inspectCommand) ask(j *job) (err error) {
	j.Output = i.Output
	j.configFile, err = i.file()
	return err
}

func (i *inspectCommand) run(ctx context.Context, j *job) (report.Status, error) {
	if !inspect.Supported {
		return report.Unclear, fmt.Errorf("cannot inspect daemons: the process table of this system is %w", errors.ErrUnsupported)
	}
	w, err := watched(j.configFile, j.configFile == defaults().config, i.Names)
	if err != nil {
		if err = mistyped(j, err); j.Meant == "" && errors.As(err, new(*config.NotFoundError)) {
			err = &hinted{err, "name a daemon by a SPEC: daemon-keeper inspect PATH, or let daemon-keeper init --write write a configuration"}
		}
		return refuse(j, err, w.mistakes...), nil
	}
	x, err := newInspector(ctx)
	if err != nil {
		return report.Unclear, err
	}
	daemons := slices.DeleteFunc(w.daemons, func(d keeper.Daemon) bool { return d.Spec.Rule })
	verdicts, err := verdictsOf(ctx, daemons, check.Options{Measure: true})
	if err != nil {
		return report.Unclear, err
	}
	var limits []string
	for _, m := range w.mistakes {
		limits = append(limits, m.Error())
	}
	list := make([]report.Inspection, len(daemons))
	for n, d := range daemons {
		list[n] = x.daemon(ctx, d, verdicts[n])
	}
	limits = append(limits, x.doubts()...)
	var out output
	report.Inspect{
		Out: &out, Width: terminal.Width(os.Stdout), Color: terminal.Colored(os.Stdout, j.color), JSON: i.Output == outputJSON,
		Now: time.Now(), All: i.All, Only: i.Only, Limits: limits,
	}.Write(list)
	if out.err != nil {
		out.complain(j)
		return report.Unclear, nil
	}
	return inspectStatus(list, i.Only, len(limits) > 0), nil
}

// verdictsOf takes one look at the processes of all daemons. Measure makes the look see every
// process that counts: without it, the look could end at a worker and miss the main process,
// or see only one of three independent processes.
func verdictsOf(ctx context.Context, daemons []keeper.Daemon, o check.Options) ([]check.Verdict, error) {
	spare, err := spareThreads(threadsLeft())
	if err != nil {
		return nil, err
	}
	specs := make([]check.Spec, len(daemons))
	for i, d := range daemons {
		specs[i] = d.ProcessesOnly().Spec
	}
	return check.NewObserver(spare).Verdicts(ctx, specs, o), nil
}

// inspectStatus is the exit status. Findings that --only leaves out do not count.
func inspectStatus(list []report.Inspection, only string, doubts bool) report.Status {
	least, _ := inspect.ParseSeverity(only)
	status, unclear := report.OK, doubts
	for _, d := range list {
		unclear = unclear || d.State == "unknown"
		if d.State == "down" {
			status = report.Failed
		}
		for _, p := range d.Processes {
			for _, l := range p.Lines {
				unclear = unclear || l.Why != "" && !l.Never
			}
			for _, f := range p.Findings {
				switch s, _ := inspect.ParseSeverity(f.Severity); {
				case s < least:
				case s == inspect.Critical:
					status = report.Failed
				case s == inspect.Warning && status == report.OK:
					status = report.Restored // 1, as the manual has it
				}
			}
		}
	}
	if unclear && status != report.Failed {
		return report.Unclear
	}
	return status
}

// inspector inspects daemons, one after the other.
type inspector struct {
	world   *inspect.World
	unit    func(context.Context, *inspect.Facts) inspect.Fact[inspect.Unit] // asks the service manager about the unit of a process
	manager *rcd.Manager                                                     // nil if there is none
	users   func(uint32) string
	groups  func(uint32) string
	sight   bool // whether all processes are visible

	mu      sync.Mutex // a look that has timed out may still add a doubt
	unclear []string   // what could not be learned
}

func (x *inspector) doubt(what string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !slices.Contains(x.unclear, what) {
		x.unclear = append(x.unclear, what)
	}
}

// doubts returns what could not be found out so far.
func (x *inspector) doubts() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.unclear)
}

func newInspector(ctx context.Context) (*inspector, error) {
	ctx, cancel := context.WithTimeout(ctx, worldTime)
	defer cancel()
	x := &inspector{users: keeper.UserNames(), groups: groupNames(), sight: proctable.Sight(ctx) == nil}
	x.unit = x.askManager
	x.manager, _ = rcd.Detect(rcd.ThisHost(), new(rcd.Outputs))
	var err error
	x.world, err = answered(ctx, func() (*inspect.World, error) { return inspect.ReadWorld(ctx) })
	if err == nil && x.sight && os.Geteuid() == 0 && x.world.Blind() != "" {
		x.doubt(x.world.Blind())
	}
	return x, err
}

// answered returns the result of do, or an error if ctx ends first; do then continues in the
// background.
func answered[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	done := make(chan answer, 1)
	go func() {
		v, err := do()
		done <- answer{v, err}
	}()
	select {
	case a := <-done:
		return a.v, a.err
	case <-ctx.Done():
		var none T
		return none, errors.New("it has not answered in time")
	}
}

// daemon describes how one daemon runs.
func (x *inspector) daemon(ctx context.Context, d keeper.Daemon, v check.Verdict) report.Inspection {
	out := report.Inspection{Name: d.Name, State: v.State.String()}
	mains := mainsOf(v.Matches)
	switch {
	case v.State == check.Unknown:
		out.Reason = v.Err.Error()
		mains = mainsOf(append(mains, mayBe(v)...))
	case len(mains) == 0 && v.State == check.Up:
		out.Reason = "no process counts, and none needs to"
	case v.State == check.Down:
		out.Reason = faultsOf(v)
	}
	out.More = max(len(mains)-mostInspected, 0)
	for _, m := range mains[:min(len(mains), mostInspected)] {
		p, err := x.process(ctx, d, m)
		switch {
		case errors.Is(err, osutil.ErrEnded):
			out.State, out.Reason = "unknown", fmt.Sprintf("process %d has ended while it was looked at", m.PID)
		case err != nil:
			out.State, out.Reason = "unknown", fmt.Sprintf("process %d cannot be looked at: %v", m.PID, err)
		default:
			out.Processes = append(out.Processes, p)
		}
	}
	return out
}

// mayBe lists the processes that may be the daemon but may not be read closely enough to
// decide. What any user may read about them is reported all the same.
func mayBe(v check.Verdict) []check.Match {
	var list []check.Match
	for _, x := range v.Excluded {
		if x.Reason == check.Unreadable {
			list = append(list, check.Match{Process: x.Process})
		}
	}
	return list
}

func faultsOf(v check.Verdict) string {
	for _, f := range v.Faults {
		if f.Severity == check.Restart {
			return f.Text
		}
	}
	return "not running"
}

// mainsOf lists the processes that are not children of any other in the list.
func mainsOf(matches []check.Match) []check.Match {
	return slices.DeleteFunc(slices.Clone(matches), func(m check.Match) bool {
		return slices.ContainsFunc(matches, func(o check.Match) bool { return o.PID == m.Parent && o.PID != m.PID })
	})
}

// facts returns all that is known of a process.
func (x *inspector) facts(ctx context.Context, d keeper.Daemon, m check.Match) (inspect.Facts, error) {
	f, err := inspect.Read(ctx, x.world, m.PID)
	if err == nil {
		x.complete(ctx, &f, d, m)
	}
	return f, err
}

func (x *inspector) process(ctx context.Context, d keeper.Daemon, m check.Match) (report.InspectedProcess, error) {
	ctx, cancel := context.WithTimeout(ctx, inspectTime)
	defer cancel()
	f, err := answered(ctx, func() (inspect.Facts, error) { return x.facts(ctx, d, m) })
	if err != nil {
		return report.InspectedProcess{}, err
	}
	p := report.InspectedProcess{PID: f.PID, Name: f.Name, Executable: f.Exe, Unit: f.Unit.Value.Name, Started: f.Started.Value}
	if f.IDs.Known {
		p.User = x.users(f.IDs.Value.Users[1])
	}
	for _, y := range inspect.Judge(f) {
		p.Findings = append(p.Findings, report.InspectFinding{
			ID: y.ID, Section: string(y.Section), Severity: y.Severity.String(), What: y.What, Evidence: y.Evidence, Why: y.Why, Do: y.Do,
		})
	}
	for _, l := range inspect.Anatomy(f) {
		p.Lines = append(p.Lines, report.InspectLine{Section: string(l.Section), Name: l.Name, Text: l.Text, Why: l.Why, Never: l.Never})
	}
	return p, nil
}
