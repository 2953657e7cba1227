package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/pidfiles"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/rcd"
)

// Limits of the look at all pidfiles, and at one folder: a remote file system may never
// answer.
const (
	pidFilesTime  = 2 * time.Minute
	pidFolderTime = 10 * time.Second
)

// pidFilesCommand prints what is wrong with the pidfiles of this machine. It only looks,
// and signals nothing.
type pidFilesCommand struct {
	Also   []string `sep:"none" placeholder:"PATH" takes:"files" repeats:"" help:"Look at this file, or at the pidfiles of this folder, too; repeat it for more."`
	Output string   `short:"o" default:"text" placeholder:"FORMAT" choices:"text json" refuse:"cannot print the pidfiles as %q" hint:"choose text or json" help:"Print the pidfiles as text or json."`
	configFlag
}

// Help is what the help says of the command beside its flags.
func (pidFilesCommand) Help() string {
	return `
Exit status: 0 nothing is dangerous; 1 something is: a signal to what a
pidfile names would reach another process, or one that another user can choose;
3 some things are unknown.

Examples:
  daemon-keeper pidfiles
  daemon-keeper pidfiles --also /srv/app/tmp -o json`
}

func (p *pidFilesCommand) ask(j *job) (err error) {
	for _, path := range p.Also {
		if path == "" || strings.ContainsRune(path, 0) {
			return cli.Refuse("name a file or a folder: --also /srv/app/tmp", "cannot look at %q", path)
		}
	}
	j.Output = p.Output
	j.configFile, err = p.file()
	return err
}

func (p *pidFilesCommand) run(ctx context.Context, j *job) (report.Status, error) {
	if !pidfiles.Supported {
		return report.Unclear, fmt.Errorf("cannot look at pidfiles: the process table of this system is %w", errors.ErrUnsupported)
	}
	ctx, cancel := context.WithTimeout(ctx, pidFilesTime)
	defer cancel()
	users := keeper.UserNames()
	x := pidfiles.Examiner{
		Machine: pidfiles.ThisMachine(users), GroupName: groupNames(), Places: pidfiles.Places(), Named: make(map[string][]pidfiles.Expected),
		Holder: holders(proctable.Sight(ctx) == nil), Patience: pidFolderTime,
	}
	for _, path := range p.Also {
		abs, err := filepath.Abs(path)
		if err != nil {
			return report.Unclear, fmt.Errorf("cannot look at %s: %w", path, err)
		}
		x.Also = append(x.Also, abs)
	}
	doubts := namedByManager(ctx, x.Named)
	doubts = append(doubts, namedByConfig(ctx, j.configFile, x.Named)...)
	r := x.Examine(ctx)
	r.Limits = append(doubts, r.Limits...)
	var out output
	report.PIDFiles{
		Out: &out, Width: terminal.Width(os.Stdout), Color: terminal.Colored(os.Stdout, j.color), JSON: p.Output == outputJSON, Now: x.Now,
		List: pidFileRows(r.Reports, users), Sums: pidFileSums(r.Sums), Unseen: r.Unseen, Limits: r.Limits,
	}.Write()
	switch {
	case out.err != nil:
		out.complain(j)
		return report.Unclear, nil
	case r.Sums[pidfiles.Dangerous] > 0:
		return report.Restored, nil // exit status 1, as documented in the manual
	case r.Unseen > 0 || len(r.Limits) > 0 || r.Sums[pidfiles.Unknown] > 0:
		return report.Unclear, nil
	}
	return report.OK, nil
}

// holders returns a function that looks up a process by its PID. If not all processes are
// visible to us, an invisible one may still exist.
func holders(sight bool) func(int) pidfiles.Holder {
	return func(number int) pidfiles.Holder {
		n, known := proctable.Lookup(number)
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

// namedByManager adds the pidfiles that units and scripts name. It returns what could not be
// found out.
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

// namedByConfig adds the pidfiles of the configuration, if there is one, with the current
// processes of their daemons.
func namedByConfig(ctx context.Context, configFile string, named map[string][]pidfiles.Expected) []string {
	w, err := configured(configFile, nil)
	if err != nil && configFile == defaults().config && isNoConfig(err) {
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
	verdicts, err := verdictsOf(ctx, daemons, check.Options{})
	if err != nil {
		return append(doubts, err.Error())
	}
	for i, v := range verdicts {
		path := daemons[i].Spec.PIDFile.Path
		named[path] = append(named[path], expectedOf(daemons[i], v))
	}
	return doubts
}

// isNoConfig reports whether the error says that there is no configuration.
func isNoConfig(err error) bool {
	return errors.As(err, new(*config.NotFoundError)) || errors.As(err, new(*config.EmptyError))
}

// expectedOf returns which processes a daemon's pidfile may name. A supervisor such as
// daemon(8) -P writes its own PID.
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
