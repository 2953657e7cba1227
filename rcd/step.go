package rcd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// With is what a stop or a start is carried out with.
type With struct {
	// Label is what the service is called: in errors, in the name of the file that takes
	// what the command prints, and in the arguments of the child; "": as the manager
	// calls it.
	Label string
	// Program is our own, see OwnProgram, which the command runs under. Without one,
	// or where it cannot be executed, the command runs under the run itself, and
	// nothing holds the locks if that is killed.
	Program string
	// Locks are held as long as the command runs, whatever becomes of the run.
	Locks []*os.File
	// IsDaemon reports whether a process is one that a start whose time is over must
	// not end: a script may end in the daemon itself, by exec. nil: none is.
	IsDaemon func(pid int) bool
	// Kill allows a supervisor to be told to kill a daemon that does not end when it is stopped.
	// Other managers do so by themselves.
	Kill bool
	// Say is told what else a step does, for people; may be nil.
	Say func(text string)
	// Alone is told why a command runs without its locks; may be nil.
	Alone func(error)

	// The rest is only for daemons that no manager knows, see NewOwn.

	// Seize gets hold of the processes that a stop is to end. The caller closes what it
	// returns, with an error too.
	Seize func(context.Context) ([]Held, error)
	// Remaining are those that a stop should have ended and that still run.
	Remaining func(context.Context) (pids []int, err error)
	// Warn is told of trouble in spite of which the step goes on; may be nil.
	Warn func(error)

	input []byte // of the command
}

// OwnProgram is the path by which our own program can be executed again. On Linux
// that is the program that runs, even if its file was replaced or removed.
func OwnProgram() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

// LostError says that our child was killed which waited for a command: it is not known how the
// command has ended, or whether it has.
type LostError struct {
	PID int // of the command; 0 if it is not known
}

func (e *LostError) Error() string {
	return "the process of daemon-keeper that waited for it was killed, so it is not known how it has ended"
}

// process is a command under way.
type process struct {
	pid    func() int // 0 if it is not known yet
	done   <-chan error
	signal func(syscall.Signal)
	leave  func() // lets go of it, and leaves it running
}

func (s *system) step(ctx context.Context, verb Verb, service string, argv []string, with With) error {
	out, err := s.outputs.open(service)
	if err != nil {
		return fmt.Errorf("cannot %s service %s: %w", verb, service, err)
	}
	defer out.Close()
	spare := func(pid int) bool { return verb == Start && with.IsDaemon != nil && with.IsDaemon(pid) }
	err = s.supervise(ctx, func() (*process, error) { return s.begin(ctx, verb, service, argv, out.File, with) }, spare)
	if err == nil {
		return nil
	}
	return &CommandError{
		Verb: verb, Service: service, Argv: argv, Status: exitStatus(err), Cause: err,
		TimedOut: errors.Is(err, context.DeadlineExceeded), Output: out.tail(),
	}
}

// begin starts the command of a step: under a child of ours, if that can be.
func (s *system) begin(ctx context.Context, verb Verb, service string, argv []string, out *os.File, with With) (*process, error) {
	if with.Program != "" {
		p, err := s.underChild(with, out, childArgs{verb, service, timeLeft(ctx), s.killAfter, argv})
		var cannot *noChildError
		if !errors.As(err, &cannot) {
			return p, err
		}
		if with.Alone != nil {
			with.Alone(err)
		}
	}
	cmd := command(argv)
	cmd.Stdout, cmd.Stderr = out, out
	feed(cmd, with)
	return direct(cmd, verb)
}

// feed sets the standard input of a command.
func feed(cmd *exec.Cmd, with With) {
	if with.input != nil {
		cmd.Stdin = bytes.NewReader(with.input)
	}
}

// longestStep is the limit for a command where the caller has set none.
const longestStep = time.Hour

func timeLeft(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return max(time.Until(deadline), 0)
	}
	return longestStep
}

// noChildError says that our own program cannot be executed again.
type noChildError struct{ err error }

func (e *noChildError) Error() string {
	return fmt.Sprintf("cannot execute our own program again: %v", e.err)
}

func (e *noChildError) Unwrap() error { return e.err }

// underChild starts our own program again, which starts the command.
func (s *system) underChild(with With, out *os.File, args childArgs) (*process, error) {
	control, orders, err := os.Pipe()
	if err != nil {
		return nil, &noChildError{err}
	}
	defer control.Close()
	reports, report, err := os.Pipe()
	if err != nil {
		orders.Close()
		return nil, &noChildError{err}
	}
	defer report.Close()
	cmd := command(args.list())
	cmd.Path, cmd.Err = with.Program, nil
	cmd.Stdout, cmd.Stderr = out, out
	feed(cmd, with)                                                     // for the command, to which the child hands it on
	cmd.ExtraFiles = append([]*os.File{control, report}, with.Locks...) // see controlFD
	if err := cmd.Start(); err != nil {
		orders.Close()
		reports.Close()
		return nil, &noChildError{err}
	}
	var pid atomic.Int64
	begun, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- follow(reports, func(number int) {
			pid.Store(int64(number))
			close(begun)
		})
		reports.Close()
		_ = cmd.Wait()
		orders.Close()
	}()
	order := func(what byte) { _, _ = orders.Write([]byte{what}) }
	return &process{
		pid: func() int {
			select { // a limit of a moment may be over before the command has begun
			case <-begun:
			case <-time.After(reportTime):
			}
			return int(pid.Load())
		},
		done: done,
		signal: func(sig syscall.Signal) {
			order(map[syscall.Signal]byte{syscall.SIGTERM: orderTerm, syscall.SIGKILL: orderKill}[sig])
		},
		leave: func() { order(orderLeave) },
	}, nil
}

// reportTime is how long is waited for a child to tell which process its command is.
const reportTime = time.Second

// follow reads what a child reports, passes on which process its command is, and returns
// how that has ended.
func follow(reports io.Reader, begun func(pid int)) error {
	d := json.NewDecoder(reports)
	pid := 0
	for {
		var r childReport
		switch err := d.Decode(&r); {
		case err != nil:
			return &LostError{pid}
		case r.Failed != nil:
			return r.Failed.err()
		case r.Ended == nil:
			pid = r.PID
			begun(pid)
		case *r.Ended != 0:
			return exitError{*r.Ended}
		default:
			return nil
		}
	}
}
