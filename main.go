// Daemon-keeper looks whether a daemon is up, and if it is not, stops and starts
// its services and sees that it is back. cron runs it every minute.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/term"

	"daemon-keeper/check"
	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
	"daemon-keeper/restart"
)

func main() { os.Exit(int(run(os.Args[1:]))) }

// run is the whole program; its result is the exit status.
func run(args []string) report.Status {
	syscall.Umask(0o022) // what we start keeps it
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	// A reader that goes away must not end a run between a stop and a start.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	command, err := cli.Parse(args, defaultRunDir())
	switch {
	case err != nil:
		return refuse(command.Run, err)
	case command.Help:
		if err := cli.Help(os.Stdout, defaultRunDir()); err != nil && !errors.Is(err, syscall.EPIPE) {
			return refuse(command.Run, err)
		}
		return report.OK
	case command.Version:
		fmt.Println("daemon-keeper", version())
		return report.OK
	}
	k, daemon, err := wire(command.Run)
	if err == nil {
		err = k.Check(ctx, daemon)
	}
	if err != nil {
		return refuse(command.Run, err)
	}
	r := report.Report{Daemons: []report.Daemon{k.Run(ctx, daemon)}}
	report.Text{
		Out: os.Stdout, Err: os.Stderr,
		Terminal: isTerminal(os.Stdout), Color: colored(os.Stdout), ErrColor: colored(os.Stderr),
		Diary: !command.NoSyslog, Quiet: command.Quiet, Verbose: command.Verbose,
	}.Write(r)
	return r.Status()
}

// wire puts a run together from the command line.
func wire(c cli.Run) (*keeper.Keeper, keeper.Daemon, error) {
	k := &keeper.Keeper{
		Look:      check.Verdicts,
		Log:       diary(c, os.Stderr),
		RunDir:    c.RunDir,
		Outputs:   new(rcd.Outputs),
		BootGrace: c.BootGrace,
		Uptime:    keeper.Uptime,
		DryRun:    c.DryRun,
		Details:   c.Verbose,
	}
	if c.ServiceCommand != "" {
		k.Manager = rcd.Program(c.ServiceCommand, k.Outputs)
	} else {
		manager, err := rcd.Detect(rcd.ThisHost(), k.Outputs)
		if err != nil {
			return nil, keeper.Daemon{}, err
		}
		k.Manager = manager
		if os.Geteuid() != 0 {
			k.MayAct = &keeper.RootError{Manager: manager.Name(), Service: c.Service[0]}
		}
	}
	if isTerminal(os.Stderr) && !c.Quiet {
		k.Progress = report.NewProgress(os.Stderr)
	}
	return k, keeper.Daemon{
		Spec:    check.Spec{Executable: c.Executable[0], User: c.UserID},
		Recheck: c.Recheck,
		Procedure: restart.Procedure{
			Services:     c.Service,
			StopTimeout:  c.StopTimeout,
			StartTimeout: c.StartTimeout,
			Verify:       c.Verify,
			Settle:       c.Settle,
			Hurry:        2 * time.Second,
			FirstPoll:    50 * time.Millisecond,
			LastPoll:     time.Second,
		},
	}, nil
}

// diary opens the system log. A dry run does nothing that is worth a line in it.
func diary(c cli.Run, stderr io.Writer) *report.Diary {
	mirror := report.Info
	switch {
	case c.Verbose:
		mirror = report.Routine
	case c.NoSyslog:
		stderr = io.Discard
	}
	if c.DryRun {
		return report.NewDiary(nil, io.Discard, false, mirror)
	}
	var sender report.Sender
	if !c.NoSyslog {
		if s, err := report.OpenSyslog(c.Facility, c.Tag); err == nil {
			sender = s
		}
	}
	return report.NewDiary(sender, stderr, colored(os.Stderr), mirror)
}

// refuse says what is wrong, and what to do; nothing was touched.
func refuse(c cli.Run, err error) report.Status {
	hint := ""
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		hint = h.Hint()
	}
	var usage *cli.UsageError
	if errors.As(err, &usage) && usage.Usage {
		fmt.Fprint(os.Stderr, cli.Usage)
	}
	report.Fail(os.Stderr, colored(os.Stderr), err.Error(), hint)
	diary(c, io.Discard).Log(report.Fatal, "%v", err)
	return report.Unclear
}

// defaultRunDir is a folder that does not outlive a boot: hier(7).
func defaultRunDir() string {
	if runtime.GOOS == "linux" {
		return "/run/daemon-keeper"
	}
	return "/var/run/daemon-keeper"
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// colored heeds NO_COLOR, https://no-color.org.
func colored(f *os.File) bool { return os.Getenv("NO_COLOR") == "" && isTerminal(f) }

// version is what the build itself knows.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	text := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (text == "" || text == "(devel)") {
			text = s.Value
		}
	}
	return fmt.Sprintf("%s %s %s/%s", text, info.GoVersion, runtime.GOOS, runtime.GOARCH)
}
