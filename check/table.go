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
	// needsInit reports whether a complete list holds process 1.
	needsInit() bool
	// comm is the kernel's name of a process that pids has listed, where that costs
	// no system call: the last element, perhaps cut, of a path of the file that it
	// executes.
	comm(pid int) (name string, known bool)
	// exe is the path of the executable as the system tells it, or errGone,
	// errNoExe, errLost or errDeny.
	exe(pid int) (string, error)
	// examine reads the rest, given what exe has answered, or fails with
	// errGone, errNoExe or errNone. It reads what costs least first, and no more
	// than is asked for. What cannot be read of one process is that row's Trouble;
	// another error says that the table cannot be read.
	examine(pid int, exe string, exeErr error, ask asks) (Process, error)
	// read takes expensive readings of a process that examine has returned, or fails
	// with errGone. What cannot be read is left as it is.
	read(p *Process, what reading) error
	// times is how much CPU a process has used since its start, or errGone. The
	// start tells it from another one of that number.
	times(pid int) (times, error)
	// threads lists the threads of a process. What cannot be read is left out.
	threads(pid int) []thread
}

// asks says what of a process is worth reading.
type asks struct {
	// row is asked once its users, its groups and its parent are known, which no
	// process can hold back: whether it may be one that is asked for.
	row func(Process) bool
	// origin is asked of a deleted executable: whether it matters where it is from.
	origin func(Process) bool
	// args reports whether the arguments decide what it is. They are also read
	// where nothing else can tell.
	args func(Process) bool
}

// asksAll is for who wants to know of every process, but for the arguments.
func asksAll(args func(Process) bool) asks {
	every := func(Process) bool { return true }
	return asks{every, every, args}
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
