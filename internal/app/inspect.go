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
	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/inspect"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/rcd"
)

// How long the look at one daemon may take, and how many processes of it are looked at: a
// file system that somebody else serves may never answer.
const (
	inspectTime   = 15 * time.Second
	worldTime     = time.Minute
	mostInspected = 4
)

// inspectDaemons tells how daemons run. It only looks.
func inspectDaemons(ctx context.Context, c cli.Command) report.Status {
	if !inspect.Supported {
		return refuse(c, fmt.Errorf("cannot inspect daemons: the process table of this system is %w", errors.ErrUnsupported))
	}
	w, err := watched(c.ConfigFile, c.ConfigFile == defaults().Config, c.Names)
	if err != nil {
		if err = mistyped(c, err); c.Meant == "" && errors.As(err, new(*config.NotFoundError)) {
			err = &hinted{err, "name a daemon by a SPEC: daemon-keeper inspect PATH, or let daemon-keeper init --write write a configuration"}
		}
		return refuse(c, err, w.mistakes...)
	}
	x, err := newInspector(ctx)
	if err != nil {
		return refuse(c, err)
	}
	daemons := slices.DeleteFunc(w.daemons, func(d keeper.Daemon) bool { return d.Spec.Rule })
	verdicts, err := verdictsOf(ctx, daemons)
	if err != nil {
		return refuse(c, err)
	}
	var limits []string
	for _, m := range w.mistakes {
		limits = append(limits, m.Error())
	}
	list := make([]report.Inspection, len(daemons))
	for i, d := range daemons {
		list[i] = x.daemon(ctx, d, verdicts[i])
	}
	limits = append(limits, x.doubts()...)
	var out output
	report.Inspect{
		Out: &out, Width: terminal.Width(os.Stdout), Color: terminal.Colored(os.Stdout, c.Color), JSON: c.Output == cli.JSON,
		Now: time.Now(), All: c.All, Only: c.Only, Limits: limits,
	}.Write(list)
	if out.err != nil {
		out.complain(c)
		return report.Unclear
	}
	return inspectStatus(list, c.Only, len(limits) > 0)
}

// verdictsOf takes one look at all of them. It sees all processes that count: a look that ends
// with the first would see a worker without its master, and one of three that are independent.
func verdictsOf(ctx context.Context, daemons []keeper.Daemon) ([]check.Verdict, error) {
	spare, err := spareThreads(threadsLeft())
	if err != nil {
		return nil, err
	}
	specs := make([]check.Spec, len(daemons))
	for i, d := range daemons {
		specs[i] = d.ProcessesOnly().Spec
	}
	return check.NewObserver(spare).Verdicts(ctx, specs, check.Options{Measure: true}), nil
}

// inspectStatus: what is left out by --only does not count.
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

// inspector looks at daemons, one after the other.
type inspector struct {
	world   *inspect.World
	unit    func(context.Context, *inspect.Facts) inspect.Fact[inspect.Unit] // what its service was asked for
	manager *rcd.Manager                                                     // nil if there is none
	users   func(uint32) string
	groups  func(uint32) string
	sight   bool // all processes can be seen

	mu      sync.Mutex // a look that was given up may still add a doubt
	unclear []string   // what could not be learned
}

func (x *inspector) doubt(what string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !slices.Contains(x.unclear, what) {
		x.unclear = append(x.unclear, what)
	}
}

// doubts are what could not be learned until now.
func (x *inspector) doubts() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.unclear)
}

func newInspector(ctx context.Context) (*inspector, error) {
	ctx, cancel := context.WithTimeout(ctx, worldTime)
	defer cancel()
	accounts := osutil.ReadAccounts(osutil.GroupsFile)
	x := &inspector{users: keeper.UserNames(), sight: check.Sight(ctx) == nil}
	x.groups = func(id uint32) string {
		if name, ok := accounts.Name(id); ok {
			return name
		}
		return fmt.Sprint(id)
	}
	x.unit = x.askManager
	x.manager, _ = rcd.Detect(rcd.ThisHost(), new(rcd.Outputs))
	var err error
	x.world, err = answered(ctx, func() (*inspect.World, error) { return inspect.ReadWorld(ctx) })
	if err == nil && x.sight && os.Geteuid() == 0 && x.world.Blind() != "" {
		x.doubt(x.world.Blind())
	}
	return x, err
}

// answered leaves behind what does not answer until ctx ends.
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

// daemon is how one of them runs.
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

// mayBe are processes that may be the daemon, and may not be looked at closely enough to tell:
// what anybody may see of them is told all the same.
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

// mainsOf are the processes that no other of them has started.
func mainsOf(matches []check.Match) []check.Match {
	return slices.DeleteFunc(slices.Clone(matches), func(m check.Match) bool {
		return slices.ContainsFunc(matches, func(o check.Match) bool { return o.PID == m.Parent && o.PID != m.PID })
	})
}

// facts are all that is known of a process.
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
