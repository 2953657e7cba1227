package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"

	"daemon-keeper/check"
	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/packages"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/rcd"
)

// wire puts a run together from the command line. What it shows as things happen goes
// to stderr, which must never hold up the work.
func wire(c cli.Command, own []*rcd.OwnDaemon, stderr io.Writer) (*keeper.Keeper, error) {
	spare, err := spareThreads(threadsLeft())
	if err != nil {
		return nil, err
	}
	observer := check.NewObserver(spare)
	k := &keeper.Keeper{
		Senses: keeper.Senses{
			Look: observer.Verdicts, Probe: observer.Probe,
			Uptime:       osutil.Uptime,
			Started:      check.Started,
			Runs:         check.Runs,
			Frozen:       check.Frozen,
			IsStopped:    check.IsStopped,
			Kin:          keeper.RealKin(),
			Commands:     check.Commands,
			Processes:    check.Live{},
			Packages:     func() (*packages.Work, error) { return packages.AtWork("") },
			Evidence:     evidence,
			EvidenceTime: evidenceTime,
		},
		Services:  keeper.Services{RunDir: c.RunDir, Outputs: new(rcd.Outputs), AtOnce: c.AtOnce, PID: os.Getpid()},
		Listeners: keeper.Listeners{Log: diary(c, stderr)},
		Mode: keeper.Mode{
			DryRun: c.DryRun, Watching: c.Looks(), IgnoreIntent: c.IgnoreIntent, Details: c.Verbose, Near: c.Action == cli.ShowMatches,
			Measure: c.Looks() || c.Output != cli.Text || c.Prometheus != "",
		},
	}
	remember(k, c)
	if k.Measure || k.Details { // a healthy run reads no names
		k.UserName = keeper.UserNames()
	}
	if c.Action == cli.ShowMatches {
		return k, nil
	}
	m, err := manager(c, own, k.Outputs)
	if c.Looks() {
		if err == nil {
			k.Observer, k.LockName, k.ManagerOf, k.Supervised = m, m.LockName, m.ManagerOf, m.Supervision
		}
		if c.Action == cli.ShowStatus || c.Action == cli.ShowPage {
			k.Opinion = opinion(m, err)
		}
		return k, nil
	}
	if err != nil {
		return nil, err
	}
	k.Manager, k.LockName, k.ManagerOf, k.Supervised = m, m.LockName, m.ManagerOf, m.Supervision
	if k.Program, err = rcd.OwnProgram(); err != nil {
		k.Log.Log(report.Info, "cannot find our own program: %v; if this run is killed, a command that it has started is not waited for", err)
	}
	k.NeedsRoot = c.ServiceCommand == "" && os.Geteuid() != 0
	if terminal.Is(os.Stderr) && !terminal.IsLogged(os.Stderr) && !c.Quiet {
		k.Progress = terminal.NewProgress(stderr, func() int { return terminal.Width(os.Stderr) })
	}
	return k, nil
}

// remember opens the memory, unless none is wanted. A run without one goes on; a look without one says so,
// if there is any that it may not see.
func remember(k *keeper.Keeper, c cli.Command) {
	if c.StateDir == "" {
		return
	}
	k.Key = memoryKey(c)
	open := state.OpenStore
	if c.Looks() || c.DryRun {
		open = state.LookStore
	}
	store, err := open(c.StateDir)
	switch {
	case err == nil:
		k.Store = store
	case c.Looks() || c.DryRun:
		if !errors.Is(err, fs.ErrNotExist) {
			k.Forgetful = err
		}
	default:
		k.Log.Log(report.Warning, "%s; daemons are restarted all the same, as if nothing were known", withHint(err))
	}
}

// memoryKey tells what this line of a crontab keeps from what others do.
func memoryKey(c cli.Command) string {
	switch {
	case len(c.Executable) > 0 && c.UserID != nil: // another line of the crontab may keep another user's
		return c.Executable[0] + "@" + strconv.FormatUint(uint64(*c.UserID), 10)
	case len(c.Executable) > 0:
		return c.Executable[0]
	case c.ConfigFile == defaults().Config:
		return ""
	}
	return c.ConfigFile
}

// manager is all of the machine's, or the program that was named in their place.
func manager(c cli.Command, own []*rcd.OwnDaemon, outputs *rcd.Outputs) (*rcd.Router, error) {
	r, err := managers(c, outputs)
	if len(own) == 0 {
		return r, err
	}
	if err != nil { // they need no other
		r = new(rcd.Router)
	}
	r.Add(rcd.OwnPrefix, rcd.NewOwn(rcd.ThisHost(), own, outputs), false)
	return r, nil
}

func managers(c cli.Command, outputs *rcd.Outputs) (*rcd.Router, error) {
	if c.ServiceCommand != "" {
		return rcd.One(rcd.Program(c.ServiceCommand, outputs), c.ServiceCommand), nil
	}
	return rcd.DetectAll(rcd.ThisHost(), outputs)
}

// opinion asks the manager about a service; without a manager that is the answer.
func opinion(m *rcd.Router, err error) func(context.Context, string) (rcd.Opinion, error) {
	if err != nil {
		return func(context.Context, string) (rcd.Opinion, error) { return rcd.Opinion{}, err }
	}
	return m.Opinion
}

// diary opens the system log. What only looks, or only says what it would do, does
// nothing that is worth a line in it.
func diary(c cli.Command, stderr io.Writer) *report.Diary {
	mirror := report.Info
	switch {
	case c.Verbose:
		mirror = report.Routine
	case c.NoSyslog:
		stderr = io.Discard
	}
	if c.DryRun || c.Looks() {
		return report.NewDiary(nil, io.Discard, false, mirror)
	}
	var sender report.Sender
	if !c.NoSyslog {
		if s, err := report.OpenSyslog(c.Facility, c.Tag); err == nil {
			sender = s
		}
	}
	return report.NewDiary(sender, stderr, terminal.Colored(os.Stderr, c.Color), mirror)
}
