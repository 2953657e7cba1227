package rcd

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// The command of each step runs under a small child of our own program. The child
// has a copy of each lock that the run holds on the services; a lock of flock(2)
// belongs to the open file, so it lives until both have closed it. A run that is
// killed therefore leaves a command under a lock, and the next run waits for it.
//
// The run decides. It tells the child by a pipe to send a signal to the command,
// whose parent the child is, and learns by another how the command has ended. The
// end of the first pipe means that the run has died: then the child waits for the
// command alone, and ends it by the rules of mayEnd once its time is over.

// childName is the first argument of the child, where other processes have a program's name.
const childName = "daemon-keeper: step"

// childArgs are the arguments of the child. Others recognise it by them, and its command, too, as
// long as that has not executed its own program yet.
type childArgs struct {
	verb      Verb
	service   string
	limit     time.Duration // for the command, from now
	killAfter time.Duration // from TERM to KILL
	argv      []string      // the command
}

// list is childArgs as execve(2) takes them.
func (c childArgs) list() []string {
	return append([]string{childName, string(c.verb), c.service, c.limit.String(), c.killAfter.String()}, c.argv...)
}

func parseChildArgs(args []string) (c childArgs, ok bool) {
	if len(args) < 6 || args[0] != childName {
		return c, false
	}
	limit, err := time.ParseDuration(args[3])
	killAfter, err2 := time.ParseDuration(args[4])
	return childArgs{Verb(args[1]), args[2], limit, killAfter, args[5:]}, err == nil && err2 == nil
}

// The descriptors that the child is given, behind the standard ones. The locks come
// after them.
const (
	controlFD = 3
	reportFD  = 4
	firstLock = 5
)

// What the run tells the child by the control pipe, one byte each.
const (
	orderTerm  = 'T' // send TERM
	orderKill  = 'K' // send KILL
	orderLeave = 'L' // leave the command alone, and go
)

// IsChild reports whether our program was started as the child of a run. The main
// program must ask before it does anything else, and then call Child.
func IsChild(args []string) bool {
	_, ok := parseChildArgs(args)
	return ok && isPipe(controlFD) && isPipe(reportFD)
}

func isPipe(fd int) bool { return isOfKind(fd, syscall.S_IFIFO) }

func isRegular(fd int) bool { return isOfKind(fd, syscall.S_IFREG) }

func isOfKind(fd int, kind uint32) bool {
	var st syscall.Stat_t
	return syscall.Fstat(fd, &st) == nil && uint32(st.Mode)&syscall.S_IFMT == kind
}

// Child is the whole work of the child. It catches the signals by which a terminal or
// a person ends a run, and does nothing about them: it ends with its command, so that
// the lock is held as long as the command runs. (To ignore them would have the command
// ignore them, too.) argsOf tells the arguments of a process; begun is told, for each lock,
// that the command has been started.
func Child(args []string, argsOf func(pid int) ([]string, error), begun func(lock int, verb Verb, service string)) int {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	a, ok := parseChildArgs(args)
	if !ok {
		return 1
	}
	c := child{childArgs: a, argsOf: argsOf, done: make(chan syscall.WaitStatus, 1), report: json.NewEncoder(os.NewFile(reportFD, "report"))}
	cmd := command(a.argv)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	over := time.NewTimer(a.limit)
	if err := cmd.Start(); err != nil {
		_ = c.report.Encode(childReport{Failed: failureOf(err)})
		return 1
	}
	_ = c.report.Encode(childReport{PID: cmd.Process.Pid})
	for fd := firstLock; isRegular(fd); fd++ { // a file of Go's own behind them can only be read
		begun(fd, a.verb, a.service)
	}
	c.command = &subprocess{process: cmd.Process, isStop: a.verb == Stop}
	go func() {
		_ = cmd.Wait()
		status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
		c.done <- status
	}()
	c.attend(orders(os.NewFile(controlFD, "control")), over.C)
	return 0
}

// childReport is what the child tells the run: first the command's process or why it
// could not be started, then how it has ended.
type childReport struct {
	PID    int                 `json:"pid,omitempty"`
	Failed *childFailure       `json:"failed,omitempty"`
	Ended  *syscall.WaitStatus `json:"ended,omitempty"`
}

// childFailure is an fs.PathError, or else a text.
type childFailure struct {
	Op, Path string        `json:",omitempty"`
	Errno    syscall.Errno `json:",omitempty"`
	Text     string        `json:",omitempty"`
}

func failureOf(err error) *childFailure {
	var path *fs.PathError
	var errno syscall.Errno
	if errors.As(err, &path) && errors.As(path.Err, &errno) {
		return &childFailure{Op: path.Op, Path: path.Path, Errno: errno}
	}
	return &childFailure{Text: err.Error()}
}

func (f *childFailure) err() error {
	if f.Errno != 0 {
		return &fs.PathError{Op: f.Op, Path: f.Path, Err: f.Errno}
	}
	return errors.New(f.Text)
}

// child is the child at work.
type child struct {
	childArgs
	argsOf  func(pid int) ([]string, error)
	report  *json.Encoder
	command *subprocess
	done    chan syscall.WaitStatus
}

// orders passes on what the run says. It is closed when the run has died.
func orders(control io.Reader) <-chan byte {
	c := make(chan byte)
	go func() {
		defer close(c)
		for order := make([]byte, 1); ; {
			if n, err := control.Read(order); n != 1 || err != nil {
				return
			}
			c <- order[0]
		}
	}()
	return c
}

// attend waits for the command, and does what it is told meanwhile.
func (c *child) attend(orders <-chan byte, over <-chan time.Time) {
	orphan := false
	for {
		select {
		case status := <-c.done:
			c.command.endHelpers()
			_ = c.report.Encode(childReport{Ended: &status})
			return
		case order, alive := <-orders:
			switch {
			case !alive:
				orphan, orders = true, nil
			case order == orderLeave:
				return
			default:
				c.command.signal(map[byte]syscall.Signal{orderTerm: syscall.SIGTERM, orderKill: syscall.SIGKILL}[order])
			}
		case <-over:
			over = nil
		}
		if orphan && over == nil {
			end(c.done, c.command.signal, c.killAfter, func() bool { return !c.mayEnd() }) // as the run would have done it
			c.command.endHelpers()
			return
		}
	}
}

// mayEnd: a stop starts no daemon. A start may have become the daemon, by exec; the
// run, which knows the daemon, has died, so only what still has the arguments of the
// service's command is ended.
func (c *child) mayEnd() bool {
	if c.verb == Stop {
		return true
	}
	args, err := c.argsOf(c.command.process.Pid)
	return err == nil && CarriesOut(args, c.verb, c.service, c.argv)
}

// exitError is how a command has ended that a child of ours has waited for. It reads
// like an exec.ExitError.
type exitError struct{ syscall.WaitStatus }

func (e exitError) Error() string {
	switch {
	case e.Signaled() && e.CoreDump():
		return "signal: " + e.Signal().String() + " (core dumped)"
	case e.Signaled():
		return "signal: " + e.Signal().String()
	}
	return "exit status " + strconv.Itoa(e.ExitStatus())
}

// exitStatus is the exit status that a command has failed with; -1 if it has none.
func exitStatus(err error) int {
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if exit := (exitError{}); errors.As(err, &exit) {
		return exit.ExitStatus() // -1 of one that a signal has ended
	}
	return -1
}
