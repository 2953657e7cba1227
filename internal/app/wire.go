package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/packages"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/rcd"
)

// wire makes the keeper of a run from the job. Progress goes to stderr, and must never delay
// the work.
func wire(j *job, own []*rcd.OwnDaemon, stderr io.Writer) (*keeper.Keeper, error) {
	spare, err := spareThreads(threadsLeft())
	if err != nil {
		return nil, err
	}
	observer := check.NewObserver(spare)
	k := &keeper.Keeper{
		Senses: keeper.Senses{
			Look: observer.Verdicts, Probe: observer.Probe,
			Uptime:       osutil.Uptime,
			Started:      proctable.Started,
			Runs:         proctable.Runs,
			Frozen:       proctable.Frozen,
			IsStopped:    proctable.IsStopped,
			Kin:          keeper.RealKin(),
			Commands:     proctable.Commands,
			Processes:    check.Live{},
			Packages:     func() (*packages.Work, error) { return packages.AtWork("") },
			Evidence:     evidence,
			EvidenceTime: evidenceTime,
		},
		Services:  keeper.Services{RunDir: j.RunDir, Outputs: new(rcd.Outputs), AtOnce: j.AtOnce, PID: os.Getpid()},
		Listeners: keeper.Listeners{Log: openLog(j, stderr)},
		Mode: keeper.Mode{
			DryRun: j.DryRun, Watching: j.Looks, IgnoreIntent: j.IgnoreIntent, Details: j.Verbose, Near: j.Name == matchName,
			Measure: j.Looks || j.Output != outputText || j.Prometheus != "",
		},
	}
	remember(k, j)
	if k.Measure || k.Details { // a healthy run reads no names
		k.UserName = keeper.UserNames()
	}
	if j.Name == matchName {
		return k, nil
	}
	m, err := manager(j, own, k.Outputs)
	if j.Looks {
		if err == nil {
			k.Observer, k.LockName, k.ManagerOf, k.Supervised = m, m.LockName, m.ManagerOf, m.Supervision
		}
		if j.Name == statusName || j.Name == pageName {
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
	k.NeedsRoot = j.ServiceCommand == "" && os.Geteuid() != 0
	if terminal.Is(os.Stderr) && !terminal.IsLogged(os.Stderr) && !j.Quiet {
		k.Progress = terminal.NewProgress(stderr, func() int { return terminal.Width(os.Stderr) })
	}
	return k, nil
}

// remember opens the memory, unless none is wanted. A run continues without one. A command
// that only looks reports that there is a memory which it may not read.
func remember(k *keeper.Keeper, j *job) {
	if j.StateDir == "" {
		return
	}
	k.Key = memoryKey(j)
	open := state.OpenStore
	if j.Looks || j.DryRun {
		open = state.LookStore
	}
	store, err := open(j.StateDir)
	switch {
	case err == nil:
		k.Store = store
	case j.Looks || j.DryRun:
		if !errors.Is(err, fs.ErrNotExist) {
			k.Forgetful = err
		}
	default:
		k.Log.Log(report.Warning, "%s; daemons are restarted all the same, as if nothing were known", withHint(err))
	}
}

// memoryKey separates the memories of different crontab lines.
func memoryKey(j *job) string {
	switch {
	case len(j.Executable) > 0 && j.UserID != nil: // another line of the crontab may keep the same program of another user
		return j.Executable[0] + "@" + strconv.FormatUint(uint64(*j.UserID), 10)
	case len(j.Executable) > 0:
		return j.Executable[0]
	case j.configFile == defaults().config:
		return ""
	}
	return j.configFile
}

// manager returns the machine's managers, or the program that was named instead of them, with
// the daemons that no manager knows.
func manager(j *job, own []*rcd.OwnDaemon, outputs *rcd.Outputs) (*rcd.Router, error) {
	r, err := managers(j.ServiceCommand, outputs)
	if len(own) == 0 {
		return r, err
	}
	if err != nil { // daemons without a manager need none
		r = new(rcd.Router)
	}
	r.Add(rcd.OwnPrefix, rcd.NewOwn(rcd.ThisHost(), own, outputs), false)
	return r, nil
}

func managers(serviceCommand string, outputs *rcd.Outputs) (*rcd.Router, error) {
	if serviceCommand != "" {
		return rcd.One(rcd.Program(serviceCommand, outputs), serviceCommand), nil
	}
	return rcd.DetectAll(rcd.ThisHost(), outputs)
}

// opinion returns what asks the manager about a service. If there is no manager, the answer is
// that error.
func opinion(m *rcd.Router, err error) func(context.Context, string) (rcd.Opinion, error) {
	if err != nil {
		return func(context.Context, string) (rcd.Opinion, error) { return rcd.Opinion{}, err }
	}
	return m.Opinion
}

// openLog opens the system log. A command that only looks, and a dry run, write nothing to it.
func openLog(j *job, stderr io.Writer) *report.Log {
	mirror := report.Info
	switch {
	case j.Verbose:
		mirror = report.Routine
	case j.NoSyslog:
		stderr = io.Discard
	}
	if j.DryRun || j.Looks {
		return report.NewLog(nil, io.Discard, false, mirror)
	}
	var sender report.Sender
	if !j.NoSyslog {
		if s, err := report.OpenSyslog(j.Facility, j.Tag); err == nil {
			sender = s
		}
	}
	return report.NewLog(sender, stderr, terminal.Colored(os.Stderr, j.color), mirror)
}
