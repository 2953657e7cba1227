package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/pidfiles"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/rcd"
)

// How long the look at all pidfiles may take, and that at one folder: whoever serves a file
// system may never answer.
const (
	pidFilesTime  = 2 * time.Minute
	pidFolderTime = 10 * time.Second
)

// pidFiles prints what is wrong with the pidfiles of this machine. It only looks.
func pidFiles(ctx context.Context, c cli.Command) report.Status {
	if !pidfiles.Supported {
		return refuse(c, fmt.Errorf("cannot look at pidfiles: the process table of this system is %w", errors.ErrUnsupported))
	}
	ctx, cancel := context.WithTimeout(ctx, pidFilesTime)
	defer cancel()
	users, accounts := keeper.UserNames(), osutil.ReadAccounts(osutil.GroupsFile)
	groups := func(id uint32) string {
		name, _ := accounts.Name(id)
		return cmp.Or(name, fmt.Sprint(id))
	}
	x := pidfiles.Examiner{
		Machine: pidfiles.ThisMachine(users), GroupName: groups, Places: pidfiles.Places(), Named: make(map[string][]pidfiles.Expected),
		Holder: holders(check.Sight(ctx) == nil), Patience: pidFolderTime,
	}
	for _, path := range c.Also {
		abs, err := filepath.Abs(path)
		if err != nil {
			return refuse(c, fmt.Errorf("cannot look at %s: %w", path, err))
		}
		x.Also = append(x.Also, abs)
	}
	doubts := namedByManager(ctx, x.Named)
	doubts = append(doubts, namedByConfig(ctx, c, x.Named)...)
	r := x.Examine(ctx)
	r.Limits = append(doubts, r.Limits...)
	var out output
	report.PIDFiles{
		Out: &out, Width: terminal.Width(os.Stdout), Color: terminal.Colored(os.Stdout, c.Color), JSON: c.Output == cli.JSON, Now: x.Now,
		List: pidFileRows(r.Reports, users), Sums: pidFileSums(r.Sums), Unseen: r.Unseen, Limits: r.Limits,
	}.Write()
	switch {
	case out.err != nil:
		out.complain(c)
		return report.Unclear
	case r.Sums[pidfiles.Dangerous] > 0:
		return report.Restored // 1, as the manual has it
	case r.Unseen > 0 || len(r.Limits) > 0 || r.Sums[pidfiles.Unknown] > 0:
		return report.Unclear
	}
	return report.OK
}

// holders looks up what a number belongs to. Without full sight, what is not seen may be
// there.
func holders(sight bool) func(int) pidfiles.Holder {
	return func(number int) pidfiles.Holder {
		n, known := check.Live{}.Numbered(number)
		p := n.Process
		h := pidfiles.Holder{
			Known: known && (sight || p.PID > 0), PID: p.PID, Thread: n.IsThread, Comm: n.Thread, Kernel: n.Kernel, Zombie: p.Zombie,
			Name: p.Name, Exe: p.Exe, Script: p.Script, Unit: p.Usage.Unit, User: p.User, UserReal: p.RealUser, Parent: p.Parent,
		}
		if len(p.Args) > 0 {
			h.First = p.Args[0]
		}
		if p.Usage.Age > 0 {
			h.Started = time.Now().Add(-p.Usage.Age)
		}
		return h
	}
}

// namedByManager adds the pidfiles of units and scripts. It returns what could not be learned.
func namedByManager(ctx context.Context, named map[string][]pidfiles.Expected) []string {
	list, err := rcd.ThisHost().PIDFiles(ctx)
	for _, f := range list {
		e := pidfiles.Expected{By: f.By, Guessed: strings.HasPrefix(f.By, "/"), Programs: f.Programs}
		if f.Main > 0 {
			e.PIDs, e.Running = []int{f.Main}, true
		}
		named[f.Path] = append(named[f.Path], e)
	}
	if err != nil {
		return []string{err.Error()}
	}
	return nil
}

// namedByConfig adds those of the configuration, if there is one, and who the daemons are now.
func namedByConfig(ctx context.Context, c cli.Command, named map[string][]pidfiles.Expected) []string {
	w, err := configured(c.ConfigFile, nil)
	if err != nil && c.ConfigFile == defaults().Config && isNoConfig(err) {
		return nil
	}
	var doubts []string
	for _, m := range w.mistakes {
		doubts = append(doubts, m.Error())
	}
	if err != nil {
		return append(doubts, err.Error())
	}
	daemons := slices.DeleteFunc(w.daemons, func(d keeper.Daemon) bool { return d.Spec.PIDFile == nil })
	if len(daemons) == 0 {
		return doubts
	}
	spare, err := spareThreads(threadsLeft())
	if err != nil {
		return append(doubts, err.Error())
	}
	specs := make([]check.Spec, len(daemons))
	for i, d := range daemons {
		specs[i] = d.ProcessesOnly().Spec
	}
	for i, v := range check.NewObserver(spare).Verdicts(ctx, specs, check.Options{}) {
		path := daemons[i].Spec.PIDFile.Path
		named[path] = append(named[path], expectedOf(daemons[i], v))
	}
	return doubts
}

// isNoConfig reports whether nobody has written one.
func isNoConfig(err error) bool {
	return errors.As(err, new(*config.NotFoundError)) || errors.As(err, new(*config.EmptyError))
}

// expectedOf: a supervisor writes down its own number, daemon(8) -P.
func expectedOf(d keeper.Daemon, v check.Verdict) pidfiles.Expected {
	e := pidfiles.Expected{By: "daemon " + d.Name + " of the configuration", User: d.Spec.User}
	if d.Spec.Executable != "" && !strings.Contains(d.Spec.Executable, "*") {
		e.Programs = []string{d.Spec.Executable}
	}
	if v.State != check.Up {
		return e
	}
	e.Running = true
	for _, m := range v.Matches {
		e.PIDs = append(e.PIDs, m.PID)
	}
	for _, m := range v.Matches {
		if m.Parent > 1 && !slices.Contains(e.PIDs, m.Parent) {
			e.PIDs = append(e.PIDs, m.Parent)
		}
	}
	return e
}

func pidFileSums(sums map[pidfiles.Severity]int) map[string]int {
	list := make(map[string]int)
	for s, n := range sums {
		list[s.String()] = n
	}
	return list
}

func pidFileRows(reports []pidfiles.Report, users func(uint32) string) []report.PIDFile {
	list := make([]report.PIDFile, len(reports))
	for i, r := range reports {
		list[i] = pidFileRow(r, users)
	}
	return list
}

func pidFileRow(r pidfiles.Report, users func(uint32) string) report.PIDFile {
	f, h := r.File, r.Holder
	row := report.PIDFile{Path: f.Path, Severity: r.Severity().String(), FileSystem: f.System, Persistent: f.Stays, NamedBy: r.Named}
	if f.Kind != pidfiles.Missing {
		row.Owner, row.Mode, row.Written = users(f.Owner), f.Mode.String(), f.Written
	}
	if f.Content.Sort == pidfiles.Number {
		row.Number = &f.Content.Number
	}
	if f.Locks {
		row.Locked = new(len(f.Holders) > 0)
		row.LockedBy = slices.DeleteFunc(slices.Clone(f.Holders), func(pid int) bool { return pid <= 0 })
	}
	if h.PID > 0 {
		row.Process = &report.PIDFileProcess{PID: h.PID, Name: h.Name, Executable: h.Exe, User: users(h.User), Unit: h.Unit, Started: h.Started}
		if h.Thread {
			row.Process.Thread = &h.Comm
		}
	}
	for _, x := range r.Findings {
		row.Findings = append(row.Findings, report.PIDFileFinding{Verdict: string(x.Verdict), Severity: x.Severity.String(), Text: x.Text})
	}
	return row
}
