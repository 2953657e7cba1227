package proctable

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
)

// Table is the process table of one system. It is all that differs between
// systems, and the only user of gopsutil.
type Table interface {
	// PIDs lists all processes. An error is never an empty list.
	PIDs(ctx context.Context) ([]int, error)
	// Self is our own process.
	Self() Self
	// NeedsInit reports whether a complete list holds process 1.
	NeedsInit() bool
	// Comm is the kernel's name of a process that PIDs has listed, where that costs
	// no system call: the last element, perhaps cut, of a path of the file that it
	// executes.
	Comm(pid int) (name string, known bool)
	// Exe is the path of the executable as the system tells it, or ErrGone,
	// ErrNoExe, ErrLost or ErrDeny.
	Exe(pid int) (string, error)
	// Examine reads the rest, given the answer of Exe, or fails with
	// ErrGone, ErrNoExe or ErrNone. It reads what costs least first, and no more
	// than is asked for. What cannot be read of one process is that row's Trouble;
	// another error says that the table cannot be read.
	Examine(pid int, exe string, exeErr error, ask Asks) (Process, error)
	// Read takes expensive readings of a process that Examine has returned, or fails
	// with ErrGone. What cannot be read is left as it is.
	Read(p *Process, what Reading) error
	// Times is how much CPU a process has used since its start, or ErrGone. The
	// start tells it from another one of that number.
	Times(pid int) (Times, error)
	// Threads lists the threads of a process. What cannot be read is left out.
	Threads(pid int) []Thread
}

// Asks says what of a process is worth reading.
type Asks struct {
	// Row reports whether a process may be a wanted one, by its users, its groups and
	// its parent, which no process can hide.
	Row func(Process) bool
	// Origin reports whether it matters where a deleted executable is from.
	Origin func(Process) bool
	// Args reports whether the arguments decide what it is. They are also read
	// where nothing else can tell.
	Args func(Process) bool
}

// AsksAll wants to know all of every process, and the arguments where args says so.
func AsksAll(args func(Process) bool) Asks {
	every := func(Process) bool { return true }
	return Asks{every, every, args}
}

// Thread is one of a process, which may have a name of its own.
type Thread struct {
	ID   int
	Name string // the kernel's, cut at 15 or 16 bytes
}

// Times is what a process has used so far.
type Times struct {
	CPU   time.Duration
	Start uint64 // see Usage.Start
	Ended bool   // it is a zombie: its parent has not waited for it yet
}

// DeletedMark is what Linux puts behind the path of a file that has been
// unlinked, proc_pid_exe(5). A file may also really be called so.
const DeletedMark = " (deleted)"

// BaseName is the last element of a path that the kernel has told, without the
// mark; it allocates nothing.
func BaseName(exe string) string {
	exe = strings.TrimSuffix(exe, DeletedMark)
	return exe[strings.LastIndexByte(exe, '/')+1:]
}

// ErrNotSupported is what Look answers on a system whose process table it cannot read.
var ErrNotSupported = errors.New("reading the process table is not supported on this system")

// BlindError says that the process table shows too little to tell anything.
type BlindError struct {
	Why  string
	hint string
}

func (e *BlindError) Error() string { return "cannot trust the process table: " + e.Why }

// Hint is the way out.
func (e *BlindError) Hint() string { return e.hint }

// What reading one row can end in, besides success.
var (
	ErrGone  = osutil.ErrEnded                  // nothing to report; osutil has the same
	ErrNoExe = errors.New("no executable")      // kernel thread or zombie
	ErrLost  = errors.New("executable deleted") // FreeBSD: the path is lost
	ErrDeny  = errors.New("permission denied")  // it may not be looked at
	ErrLong  = errors.New("path too long")      // Linux: the path cannot be told, the file can
	ErrNone  = errors.New("nobody's concern")   // it cannot be a wanted one, see Asks.Row
)

const asRoot = "run it as root, on the host itself"

// sighted reports whether the list of processes can be believed. hidepid= on
// Linux and security.bsd.see_other_uids=0 on FreeBSD leave out the processes of
// others without an error, PID 1 first of all.
func sighted(pids []int, self int, needsInit bool) error {
	var seenSelf, seenInit bool
	for _, pid := range pids {
		seenSelf = seenSelf || pid == self
		seenInit = seenInit || pid == 1
	}
	switch {
	case len(pids) < 2:
		return &BlindError{fmt.Sprintf("it has %d rows", len(pids)), asRoot}
	case !seenSelf:
		return &BlindError{fmt.Sprintf("our own process %d is not in it", self), asRoot}
	case needsInit && !seenInit:
		return &BlindError{"process 1 is not in it; it hides the processes of other users", asRoot}
	}
	return nil
}

// All lists all processes, and tells which one we are. It fails if the table may hide processes:
// then a process that is not in it may exist. An error is never an empty list.
func All(ctx context.Context, t Table) ([]int, Self, error) {
	pids, err := t.PIDs(ctx)
	if err != nil {
		return nil, Self{}, err
	}
	self := t.Self()
	return pids, self, sighted(pids, self.PID, t.NeedsInit())
}

// Sight returns nil if this system's table does not hide processes.
func Sight(ctx context.Context) error {
	_, _, err := All(ctx, New(Directly()))
	return err
}

// MaxThreads is how many threads of a process are worth remembering.
const MaxThreads = 64
