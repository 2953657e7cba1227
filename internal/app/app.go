// Package app is daemon-keeper as a whole: it puts a run together from the command
// line, has it made, and shows what has come of it.
package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"

	"daemon-keeper/check"
	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/tracer"
	"daemon-keeper/rcd"

	_ "daemon-keeper/internal/scarce" // which may end the program before it has begun
)

// Main is the whole program; its result is the exit status.
func Main(argv []string) int {
	// Go ends a program that has crashed with status 2, which is ours for a daemon that is
	// still down. By SIGABRT it gives no status at all. A recover would catch neither what
	// the runtime itself gives up for nor the panic of another goroutine. A core is left
	// where the system wants one; the limit for it is not ours to set, for what we start
	// has it from us.
	debug.SetTraceback("crash")
	if rcd.IsChild(argv) {
		return rcd.Child(argv, check.Args, state.NoteBegun)
	}
	if rcd.IsLauncher(argv) {
		return rcd.Launch(argv)
	}
	if tracer.IsStage(argv) {
		debug.SetGCPercent(20) // there is little to collect, and it stays for months
		return tracer.Main(argv, traceLog)
	}
	if check.IsPeek(argv) {
		return check.Peek(argv)
	}
	// Most runs are over before the default, 100, would have garbage collected for
	// the first time, beyond 4 MiB; that would be a twentieth of their work.
	debug.SetGCPercent(200)
	debug.SetMemoryLimit(memoryLimit)
	if runtime.NumCPU() > mostCPUs {
		runtime.GOMAXPROCS(mostCPUs)
	}
	return int(run(filepath.Base(argv[0]), argv[1:]))
}

const (
	// memoryLimit is from where on garbage is collected at once rather than once the
	// heap has grown threefold, whatever others have given us to read.
	memoryLimit = 40 << 20
	// mostCPUs bounds the threads that the runtime starts on a machine of many.
	mostCPUs = 4
)

func run(name string, args []string) report.Status {
	umask := syscall.Umask(0o022) // what we start keeps it
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	// A reader that goes away must not end a run between a stop and a start.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	if len(args) > 0 && args[0] == completeName { // before what could be refused, and told of
		complete(ctx, args[1:], os.Stdout)
		return report.OK
	}
	parse := cli.Parse
	if name == cli.MonitorName {
		parse = cli.ParseMonitor
	}
	command, err := parse(args, defaults())
	if err != nil {
		return refuse(command, err)
	}
	var out output
	switch command.Action {
	case cli.PrintHelp:
		err = cli.Help(&out, defaults(), command.Names...)
	case cli.PrintVersion:
		fmt.Fprintln(&out, "daemon-keeper", version())
	case cli.PrintSchema:
		out.Write(config.Schema())
	case cli.CheckConfig:
		return validate(command)
	case cli.Trace:
		syscall.Umask(umask)
		err = trace(command) // if all is well, this process is another program then
	case cli.Import:
		stop() // it has nothing to end in order, and may be waiting for a person
		return imports(context.Background(), command)
	case cli.Propose:
		err = propose(ctx, command)
	case cli.Pause:
		err = pause(command)
	case cli.Resume:
		err = resume(command)
	case cli.ShowHistory:
		err = history(command)
	case cli.ShowWhy:
		err = why(ctx, command)
	case cli.ShowPIDFiles:
		return pidFiles(ctx, command)
	case cli.Inspect:
		return inspectDaemons(ctx, command)
	case cli.ShowPage:
		return showPage(ctx, command)
	default:
		return look(ctx, command)
	}
	if out.err != nil {
		err = out.err
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return refuse(command, err)
	}
	return report.OK
}

// defaults: the folder for the locks does not outlive a boot, that of the memory
// does, hier(7).
func defaults() cli.Defaults {
	if runtime.GOOS == "linux" {
		return cli.Defaults{RunDir: "/run/daemon-keeper", StateDir: "/var/lib/daemon-keeper", Config: "/etc/daemon-keeper.yaml"}
	}
	return cli.Defaults{RunDir: "/var/run/daemon-keeper", StateDir: "/var/db/daemon-keeper", Config: "/usr/local/etc/daemon-keeper.yaml"}
}

// release is a package's version, which only the linker sets: make dist, make packages
// and the FreeBSD port give it -X daemon-keeper/internal/app.release=1.2.3.
var release string

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
	if release != "" {
		text = release
	}
	return fmt.Sprintf("%s %s %s/%s", text, info.GoVersion, runtime.GOOS, runtime.GOARCH)
}
