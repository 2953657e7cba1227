// Package app is daemon-keeper as a whole: it puts a run together from the command
// line, has it made, and shows what has come of it.
package app

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"

	"daemon-keeper/check"
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
	read := parse
	if name == monitorName {
		read = parseMonitor
	}
	j, err := read(args)
	if err != nil {
		return refuse(j, err)
	}
	j.umask = umask
	status, err := j.Command.(command).run(ctx, j)
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return refuse(j, err)
	}
	return status
}

// systemFolders differ from system to system.
type systemFolders struct{ runDir, stateDir, config string }

// defaults: the folder for the locks does not outlive a boot, that of the memory
// does, hier(7).
func defaults() systemFolders {
	if runtime.GOOS == "linux" {
		return systemFolders{runDir: "/run/daemon-keeper", stateDir: "/var/lib/daemon-keeper", config: "/etc/daemon-keeper.yaml"}
	}
	return systemFolders{runDir: "/var/run/daemon-keeper", stateDir: "/var/db/daemon-keeper", config: "/usr/local/etc/daemon-keeper.yaml"}
}
