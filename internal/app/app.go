// Package app is the whole program: each command, with its flags, its help and its work.
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
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/tracer"
	"daemon-keeper/rcd"

	_ "daemon-keeper/internal/scarce" // it may end the program before main begins
)

// Main is the whole program: it runs the command line and returns the exit status.
func Main(argv []string) int {
	// A Go program that crashes has exit status 2, which we use for a daemon that is still
	// down. With SIGABRT there is no exit status at all. A recover would catch neither the
	// runtime's own fatal errors nor the panic of another goroutine. Whether a core is written
	// is left to the system: the services that we start inherit our limit for it.
	debug.SetTraceback("crash")
	if rcd.IsChild(argv) {
		return rcd.Child(argv, proctable.Args, state.NoteBegun)
	}
	if rcd.IsLauncher(argv) {
		return rcd.Launch(argv)
	}
	if tracer.IsStage(argv) {
		debug.SetGCPercent(20) // there is little to collect, and it stays for months
		return tracer.Main(argv, traceLog)
	}
	if proctable.IsPeek(argv) {
		return check.Peek(argv)
	}
	// With the default, 100, garbage would be collected for the first time at 4 MiB. That would
	// be a twentieth of the work of most runs, which end before they reach 8 MiB.
	debug.SetGCPercent(200)
	debug.SetMemoryLimit(memoryLimit)
	if runtime.NumCPU() > mostCPUs {
		runtime.GOMAXPROCS(mostCPUs)
	}
	return int(run(filepath.Base(argv[0]), argv[1:]))
}

const (
	// memoryLimit is the heap size, in bytes, from which on garbage is collected immediately,
	// however much input there is.
	memoryLimit = 40 << 20
	// mostCPUs limits the threads that the runtime starts on a large machine.
	mostCPUs = 4
)

func run(name string, args []string) report.Status {
	umask := syscall.Umask(0o022) // processes that we start keep the umask that we were given
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	// A closed standard output must not end a run between a stop and a start.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	if len(args) > 0 && args[0] == completeName { // before anything can be refused or reported
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

// systemFolders are the paths that differ between systems.
type systemFolders struct{ runDir, stateDir, config string }

// defaults returns the usual paths. The folder of the locks does not survive a boot, that of
// the memory does, hier(7).
func defaults() systemFolders {
	if runtime.GOOS == "linux" {
		return systemFolders{runDir: "/run/daemon-keeper", stateDir: "/var/lib/daemon-keeper", config: "/etc/daemon-keeper.yaml"}
	}
	return systemFolders{runDir: "/var/run/daemon-keeper", stateDir: "/var/db/daemon-keeper", config: "/usr/local/etc/daemon-keeper.yaml"}
}
