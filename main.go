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
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/rcd"
)

func main() { os.Exit(int(run(filepath.Base(os.Args[0]), os.Args[1:]))) }

// run is the whole program; its result is the exit status.
func run(name string, args []string) report.Status {
	syscall.Umask(0o022) // what we start keeps it
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	// A reader that goes away must not end a run between a stop and a start.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	parse := cli.Parse
	if name == cli.MonitorName {
		parse = cli.ParseMonitor
	}
	command, err := parse(args, defaults())
	if err != nil {
		return refuse(command, err)
	}
	switch command.Action {
	case cli.PrintHelp:
		err = cli.Help(os.Stdout, defaults())
	case cli.PrintVersion:
		_, err = fmt.Println("daemon-keeper", version())
	case cli.PrintSchema:
		_, err = os.Stdout.Write(config.Schema())
	case cli.CheckConfig:
		return validate(command)
	default:
		return look(ctx, command, len(args) == 0)
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return refuse(command, err)
	}
	return report.OK
}

// look looks at the daemons, and run acts.
func look(ctx context.Context, c cli.Command, bare bool) report.Status {
	began := time.Now()
	k, err := wire(c)
	if err != nil {
		return refuse(c, err)
	}
	daemons, mistakes, err := wanted(c)
	if err != nil {
		if bare && errors.As(err, new(*config.NotFoundError)) {
			fmt.Fprint(os.Stderr, cli.Usage)
		}
		return refuse(c, err, mistakes...)
	}
	r := report.Report{Command: string(c.Action), Began: began, Mistakes: tell(k.Log, mistakes), Daemons: k.Run(ctx, daemons)}
	r.Took = time.Since(began)
	if c.Prometheus != "" {
		if err := report.WriteTextfile(c.Prometheus, r); err != nil {
			k.Log.Log(report.Error, "%v", err)
			r.Mistakes = append(r.Mistakes, mistake(err))
		}
	}
	face(c, r).Write(r)
	return r.Status()
}

// wanted are the daemons of this run: the one of -e, or those of the
// configuration; of a command that only looks, SPECs too.
func wanted(c cli.Command) ([]keeper.Daemon, []config.Mistake, error) {
	switch {
	case len(c.Executable) > 0:
		return []keeper.Daemon{{
			Name:      c.Executable[0],
			Spec:      check.Spec{Executable: c.Executable[0], User: c.UserID},
			Recheck:   c.Recheck,
			BootGrace: c.BootGrace,
			Procedure: keeper.Procedure(c.Service, c.StopTimeout, c.StartTimeout, c.Verify, c.Settle),
		}}, nil, nil
	case c.Action == cli.ShowMatches:
		daemons, mistakes, err := keeper.Watched(c.ConfigFile, c.Names)
		for i, d := range daemons {
			daemons[i] = d.ProcessesOnly()
		}
		return daemons, mistakes, err
	case c.Looks():
		return keeper.Watched(c.ConfigFile, c.Names)
	}
	return keeper.Configured(c.ConfigFile, c.Names)
}

// face is how the report looks. A person who has mistyped something is told so in
// words, even where the answer would have been a table.
func face(c cli.Command, r report.Report) interface{ Write(report.Report) } {
	text := report.Text{
		Out: os.Stdout, Err: os.Stderr,
		Terminal: terminal.Is(os.Stdout), Color: terminal.Colored(os.Stdout), ErrColor: terminal.Colored(os.Stderr),
		Diary: !c.NoSyslog, Quiet: c.Quiet, Verbose: c.Verbose,
	}
	switch {
	case c.Output == cli.JSON:
		return report.JSON{Out: os.Stdout, Verbose: c.Verbose}
	case c.Output == cli.Nagios:
		return report.Nagios{Out: os.Stdout}
	case c.Output == cli.Mon, c.Action == cli.Check && len(r.Daemons) > 0:
		return report.Mon{Text: text}
	case c.Action == cli.ShowMatches:
		return report.Matches{Text: text}
	case c.Action == cli.ShowStatus && len(r.Daemons) > 0:
		return report.Table{
			Out: os.Stdout, Err: os.Stderr, Width: terminal.Width(os.Stdout), Now: time.Now(),
			Color: text.Color, ErrColor: text.ErrColor, Verbose: c.Verbose,
		}
	}
	return text
}

// tell writes the mistakes down, and passes them on to the report.
func tell(log keeper.Log, mistakes []config.Mistake) []report.Mistake {
	var list []report.Mistake
	for _, m := range mistakes {
		log.Log(report.Error, "%v", m)
		list = append(list, mistake(m))
	}
	return list
}

func mistake(err error) report.Mistake { return report.Mistake{Text: err.Error(), Hint: hint(err)} }

// validate names the mistakes of the configuration, or says what it means.
func validate(c cli.Command) report.Status {
	all, mistakes, err := keeper.Load(c.ConfigFile)
	for _, m := range mistakes {
		fail(m)
	}
	var text []byte
	if err == nil && len(mistakes) == 0 {
		text, err = all.YAML()
	}
	if err != nil {
		fail(err)
	}
	if err != nil || len(mistakes) > 0 {
		return report.Unclear
	}
	for _, doubt := range keeper.Doubts(all) {
		report.Caution(os.Stderr, terminal.Colored(os.Stderr), doubt)
	}
	if _, err = os.Stdout.Write(text); err != nil && !errors.Is(err, syscall.EPIPE) {
		fail(err)
		return report.Unclear
	}
	return report.OK
}

func fail(err error) {
	report.Fail(os.Stderr, terminal.Colored(os.Stderr), err.Error(), hint(err))
}

// wire puts a run together from the command line.
func wire(c cli.Command) (*keeper.Keeper, error) {
	k := &keeper.Keeper{
		Look:     check.Verdicts,
		Probe:    check.Probe,
		Log:      diary(c, os.Stderr),
		RunDir:   c.RunDir,
		Outputs:  new(rcd.Outputs),
		Uptime:   keeper.Uptime,
		DryRun:   c.DryRun,
		Watching: c.Looks(),
		Details:  c.Verbose,
		Near:     c.Action == cli.ShowMatches,
		Measure:  c.Looks() || c.Output != cli.Text || c.Prometheus != "",
		AtOnce:   c.AtOnce,
	}
	if k.Measure || k.Details { // a healthy run reads no names
		k.UserName = keeper.UserNames()
	}
	if c.Looks() {
		if c.Action == cli.ShowStatus {
			k.Opinion = opinion(manager(c, k.Outputs))
		}
		return k, nil
	}
	m, err := manager(c, k.Outputs)
	if err != nil {
		return nil, err
	}
	k.Manager = m
	k.NeedsRoot = c.ServiceCommand == "" && os.Geteuid() != 0
	if terminal.Is(os.Stderr) && !c.Quiet {
		k.Progress = report.NewProgress(os.Stderr, func() int { return terminal.Width(os.Stderr) })
	}
	return k, nil
}

// manager is the machine's, or the program that was named in its place.
func manager(c cli.Command, outputs *rcd.Outputs) (*rcd.Manager, error) {
	if c.ServiceCommand != "" {
		return rcd.Program(c.ServiceCommand, outputs), nil
	}
	return rcd.Detect(rcd.ThisHost(), outputs)
}

// opinion asks the manager about a service; without a manager that is the answer.
func opinion(m *rcd.Manager, err error) func(context.Context, string) (rcd.Opinion, error) {
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
	return report.NewDiary(sender, stderr, terminal.Colored(os.Stderr), mirror)
}

// refuse says what is wrong, and what to do; nothing was touched.
func refuse(c cli.Command, err error, mistakes ...config.Mistake) report.Status {
	log := diary(c, io.Discard)
	r := report.Report{Command: string(c.Action), Began: time.Now(), Mistakes: append(tell(log, mistakes), mistake(err))}
	face(c, r).Write(r)
	log.Log(report.Fatal, "%v", err)
	return report.Unclear
}

// hint is what an error itself knows of a way out.
func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// defaults: the folder for the locks does not outlive a boot, hier(7).
func defaults() cli.Defaults {
	if runtime.GOOS == "linux" {
		return cli.Defaults{RunDir: "/run/daemon-keeper", Config: "/etc/daemon-keeper.yaml"}
	}
	return cli.Defaults{RunDir: "/var/run/daemon-keeper", Config: "/usr/local/etc/daemon-keeper.yaml"}
}

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
