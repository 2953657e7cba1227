package check

import (
	"context"
	"strings"
	"time"
)

// table is the process table of one system. It is all that differs between
// systems, and the only user of gopsutil.
type table interface {
	// pids lists all processes. An error is never an empty list.
	pids(ctx context.Context) ([]int, error)
	// self is our own process.
	self() Self
	// needsInit tells whether a complete list holds process 1.
	needsInit() bool
	// exe is the path of the executable as the system tells it, or errGone,
	// errNoExe, errLost or errDeny.
	exe(pid int) (string, error)
	// examine reads the rest, given what exe has answered, or fails with
	// errGone or errNoExe. It reads the arguments where nothing else can tell,
	// and else only of a process for which needsArgs is true.
	examine(pid int, exe string, exeErr error, needsArgs func(Process) bool) (Process, error)
	// read takes dear readings of a process that examine has returned, or fails
	// with errGone. What cannot be read is left as it is.
	read(p *Process, what reading) error
	// times is how much CPU a process has used since its start, or errGone. The
	// start tells it from another one of that number.
	times(pid int) (times, error)
	// threads lists the threads of a process. What cannot be read is left out.
	threads(pid int) []thread
}

// thread is one of a process, which may have a name of its own.
type thread struct {
	id   int
	name string // the kernel's, cut at 15 or 16 bytes
}

// times is what a process has used so far.
type times struct {
	cpu   time.Duration
	start uint64 // in a unit of the system's own
	ended bool   // it is a zombie, which nobody has waited for yet
}

// deletedMark is what Linux puts behind the path of a file that has been
// unlinked, proc_pid_exe(5). A file may also really be called so.
const deletedMark = " (deleted)"

// baseName is the last element of a path that the kernel has told, without the
// mark; it allocates nothing.
func baseName(exe string) string {
	exe = strings.TrimSuffix(exe, deletedMark)
	return exe[strings.LastIndexByte(exe, '/')+1:]
}
