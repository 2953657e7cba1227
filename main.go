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

	"golang.org/x/term"

	"daemon-keeper/check"
	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

func main() { os.Exit(int(run(os.Args[1:]))) }

// run is the whole program; its result is the exit status.
func run(args []string) report.Status {
	syscall.Umask(0o022) // what we start keeps it
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	// A reader that goes away must not end a run between a stop and a start.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	command, err := cli.Parse(args, defaults())
	if err != nil {
		return refuse(command.Run, err)
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
		return refuse(command.Run, err)
	}
	return report.OK
}

// look looks at the daemons, and acts.
func look(ctx context.Context, c cli.Command, bare bool) report.Status {
	k, err := wire(c.Run)
	if err != nil {
		return refuse(c.Run, err)
	}
	daemons, mistakes, err := wanted(c)
	if err != nil {
		if bare && errors.As(err, new(*config.NotFoundError)) {
			fmt.Fprint(os.Stderr, cli.Usage)
		}
		return refuse(c.Run, err, mistakes...)
	}
	r := report.Report{Mistakes: tell(k.Log, mistakes), Daemons: k.Run(ctx, daemons)}
	report.Text{
		Out: os.Stdout, Err: os.Stderr,
		Terminal: isTerminal(os.Stdout), Color: colored(os.Stdout), ErrColor: colored(os.Stderr),
		Diary: !c.NoSyslog, Quiet: c.Quiet, Verbose: c.Verbose,
	}.Write(r)
	return r.Status()
}

// wanted are the daemons of this run: the one of -e, or those of the
// configuration.
func wanted(c cli.Command) ([]keeper.Daemon, []config.Mistake, error) {
	if c.ConfigFile == "" {
		return []keeper.Daemon{{
			Name:      c.Executable[0],
			Spec:      check.Spec{Executable: c.Executable[0], User: c.UserID},
			Recheck:   c.Recheck,
			BootGrace: c.BootGrace,
			Procedure: keeper.Procedure(c.Service, c.StopTimeout, c.StartTimeout, c.Verify, c.Settle),
		}}, nil, nil
	}
	all, mistakes, err := load(c.ConfigFile)
	switch {
	case err != nil:
		return nil, nil, err
	case len(all.Daemons)+len(all.Forbid)+len(mistakes) == 0:
		return nil, nil, &config.EmptyError{Files: all.Files}
	}
	chosen, err := all.Select(c.Names)
	return keeper.Daemons(all, chosen), mistakes, err
}

func load(path string) (config.Config, []config.Mistake, error) {
	return config.Load(path, config.Options{CheckOwner: os.Geteuid() == 0})
}

// tell writes the mistakes down, and passes them on to the report.
func tell(log keeper.Log, mistakes []config.Mistake) []report.Mistake {
	var list []report.Mistake
	for _, m := range mistakes {
		log.Log(report.Error, "%v", m)
		list = append(list, report.Mistake{Text: m.Error(), Hint: m.Hint()})
	}
	return list
}

// validate names the mistakes of the configuration, or says what it means.
func validate(c cli.Command) report.Status {
	all, mistakes, err := load(c.ConfigFile)
	for _, m := range mistakes {
		report.Fail(os.Stderr, colored(os.Stderr), m.Error(), m.Hint())
	}
	var text []byte
	if err == nil && len(mistakes) == 0 {
		text, err = all.YAML()
	}
	if err != nil {
		report.Fail(os.Stderr, colored(os.Stderr), err.Error(), hint(err))
	}
	if err != nil || len(mistakes) > 0 {
		return report.Unclear
	}
	for _, doubt := range keeper.Doubts(all) {
		report.Caution(os.Stderr, colored(os.Stderr), doubt)
	}
	if _, err = os.Stdout.Write(text); err != nil && !errors.Is(err, syscall.EPIPE) {
		report.Fail(os.Stderr, colored(os.Stderr), err.Error(), "")
		return report.Unclear
	}
	return report.OK
}

// wire puts a run together from the command line.
func wire(c cli.Run) (*keeper.Keeper, error) {
	k := &keeper.Keeper{
		Look:    check.Verdicts,
		Probe:   check.Probe,
		Log:     diary(c, os.Stderr),
		RunDir:  c.RunDir,
		Outputs: new(rcd.Outputs),
		Uptime:  keeper.Uptime,
		DryRun:  c.DryRun,
		Details: c.Verbose,
		AtOnce:  c.AtOnce,
	}
	if c.ServiceCommand != "" {
		k.Manager = rcd.Program(c.ServiceCommand, k.Outputs)
	} else {
		manager, err := rcd.Detect(rcd.ThisHost(), k.Outputs)
		if err != nil {
			return nil, err
		}
		k.Manager = manager
		k.NeedsRoot = os.Geteuid() != 0
	}
	if isTerminal(os.Stderr) && !c.Quiet {
		k.Progress = report.NewProgress(os.Stderr, func() int { return width(os.Stderr) })
	}
	return k, nil
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
func refuse(c cli.Run, err error, mistakes ...config.Mistake) report.Status {
	log := diary(c, io.Discard)
	for _, m := range tell(log, mistakes) {
		report.Fail(os.Stderr, colored(os.Stderr), m.Text, m.Hint)
	}
	report.Fail(os.Stderr, colored(os.Stderr), err.Error(), hint(err))
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

// width of a terminal in columns, as far as it tells.
func width(f *os.File) int {
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil || columns < 20 {
		return 80
	}
	return columns
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
