package rcd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// runner carries out commands. Tests put recorded answers in its place.
type runner interface {
	// query runs a command that changes nothing and returns what it answers.
	// A failing exit status is an answer, not an error.
	query(ctx context.Context, argv []string) (result, error)
	// step runs a command that stops or starts a service.
	step(ctx context.Context, verb Verb, service string, argv []string) error
}

// result is what a query has answered.
type result struct {
	status int // exit status
	output string
}

// failure is what a query has failed with, for people.
func (r result) failure(argv []string) string {
	text := fmt.Sprintf("%s: exit status %d", strings.Join(argv, " "), r.status)
	if output := strings.TrimSpace(r.output); output != "" {
		text += ": " + output
	}
	return text
}

// CommandError is a command that failed.
type CommandError struct {
	Verb     Verb
	Service  string
	Argv     []string
	Status   int      // exit status; -1 if a signal ended it
	TimedOut bool     // it was ended because its time was over
	Output   []string // its last lines, as they are: clean them before printing
	Cause    error
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("cannot %s service %s: %v", e.Verb, e.Service, e.Cause)
}

func (e *CommandError) Unwrap() error { return e.Cause }

// searchPath is where programs are looked for, here and by the commands that
// are run: cron's own PATH lacks the sbin directories.
var searchPath = []string{"/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"}

// environment is all that a command gets. A daemon keeps it for years, so none
// of cron's, and none of the administrator's, is in it.
func environment() []string {
	return []string{"PATH=" + strings.Join(searchPath, ":"), "HOME=/", "LANG=C"}
}

// system runs commands for real.
type system struct {
	outputs   *Outputs
	killAfter time.Duration                 // from TERM to KILL, where a command outlives its time
	queryTime time.Duration                 // limit for a query
	began     func(service string, pid int) // is told of the command of a step; may be nil
	spares    sync.Map                      // by service: func(pid int) bool, which knows the daemon's processes
}

func newSystem(outputs *Outputs) *system {
	return &system{outputs: outputs, killAfter: 10 * time.Second, queryTime: 20 * time.Second}
}

// command prepares a child. Its session is its own: a terminal that goes away,
// or Ctrl-C, does not reach the daemon that it starts.
func command(argv []string) *exec.Cmd {
	closeOthersOnExec()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = "/"
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

// query reads from a pipe; a query starts no daemon that could keep it open, and
// if one does all the same, WaitDelay ends the reading.
func (s *system) query(ctx context.Context, argv []string) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, s.queryTime)
	defer cancel()
	var out limitWriter
	cmd := command(argv)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	err := s.supervise(ctx, cmd, func(int) {}, endCommand)
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return result{0, out.kept.String()}, nil
	case errors.As(err, &exit) && exit.Exited():
		return result{exit.ExitCode(), out.kept.String()}, nil
	}
	return result{}, fmt.Errorf("cannot ask %s: %w", strings.Join(argv, " "), err)
}

// limitWriter keeps the first 64 KiB and swallows the rest.
type limitWriter struct {
	kept bytes.Buffer
}

func (w *limitWriter) Write(p []byte) (int, error) {
	if room := 64<<10 - w.kept.Len(); room > 0 {
		w.kept.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (s *system) step(ctx context.Context, verb Verb, service string, argv []string) error {
	out, err := s.outputs.open(service)
	if err != nil {
		return fmt.Errorf("cannot %s service %s: %w", verb, service, err)
	}
	defer out.Close()
	cmd := command(argv)
	cmd.Stdout, cmd.Stderr = out.File, out.File
	end := func(cmd *exec.Cmd, sig syscall.Signal) bool { return s.endStart(service, cmd, sig) }
	if verb == Stop {
		end = endGroup
	}
	err = s.supervise(ctx, cmd, func(pid int) {
		if s.began != nil {
			s.began(service, pid)
		}
	}, end)
	if err == nil {
		return nil
	}
	failed := &CommandError{
		Verb: verb, Service: service, Argv: argv, Status: -1, Cause: err,
		TimedOut: errors.Is(err, context.DeadlineExceeded), Output: out.tail(),
	}
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		failed.Status = exit.ExitCode()
	}
	return failed
}

// endedError says that a command was ended before it was done.
type endedError struct {
	took time.Duration
	why  error // the context's: its time is over, or it was cancelled
	left int   // the process that could not be ended; 0 if all were
}

func (e *endedError) Error() string {
	text := "interrupted"
	if errors.Is(e.why, context.DeadlineExceeded) {
		unit := time.Millisecond
		if e.took >= 900*time.Millisecond { // the limit that was set, which the clock of ctx may miss by a little
			unit = 100 * time.Millisecond
		}
		text = fmt.Sprintf("it took longer than %v", e.took.Round(unit))
	}
	if e.left != 0 {
		text += fmt.Sprintf("; process %d cannot be killed and was left behind", e.left)
	}
	return text
}

func (e *endedError) Unwrap() error { return e.why }

// supervise runs a command until it or ctx ends. A command whose time is over
// gets a TERM, and later a KILL; one that not even that ends, because it is
// stuck in the kernel, is left behind.
func (s *system) supervise(ctx context.Context, cmd *exec.Cmd, begun func(pid int), end func(*exec.Cmd, syscall.Signal) (spared bool)) error {
	if ctx.Err() != nil {
		return fmt.Errorf("it was not started: %w", context.Cause(ctx))
	}
	began := time.Now() // to start it takes its time, too, where many are started at once
	if err := cmd.Start(); err != nil {
		return err
	}
	begun(cmd.Process.Pid)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	over := &endedError{took: time.Since(began), why: context.Cause(ctx)}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if end(cmd, sig) {
			return over
		}
		select {
		case <-done:
			end(cmd, syscall.SIGKILL) // helpers that have not heard the TERM
			return over
		case <-time.After(s.killAfter):
		}
	}
	over.left = cmd.Process.Pid
	return over
}

// endCommand signals our own child, and nothing that it has started: that may
// be the daemon, which is in the child's session until it makes one of its own.
func endCommand(cmd *exec.Cmd, sig syscall.Signal) (spared bool) {
	_ = cmd.Process.Signal(sig)
	return false
}

// endStart is endCommand, unless the child has become the daemon itself.
func (s *system) endStart(service string, cmd *exec.Cmd, sig syscall.Signal) (spared bool) {
	if isDaemon, ok := s.spares.Load(service); ok && isDaemon.(func(int) bool)(cmd.Process.Pid) {
		return true
	}
	return endCommand(cmd, sig)
}

// endGroup also signals the helpers of a stop, which starts no daemon. The child
// leads the group, and a number is not given anew while a group has it.
func endGroup(cmd *exec.Cmd, sig syscall.Signal) (spared bool) {
	_ = syscall.Kill(-cmd.Process.Pid, sig)
	return false
}

// closeOthersOnExec keeps from the child what we were started with ourselves,
// such as the lock of a flock(1) around us, which a daemon would hold for years.
// Go opens its own files so.
func closeOthersOnExec() {
	most := 1 << 16
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil {
		most = int(min(uint64(limit.Cur), uint64(most)))
	}
	for fd := 3; fd < most; fd++ {
		syscall.CloseOnExec(fd)
	}
}

// lookPath finds a program in the fixed directories below root.
func lookPath(root, name string) (string, bool) {
	for _, dir := range searchPath {
		path := dir + "/" + name
		if isExecutable(root + path) {
			return path, true
		}
	}
	return "", false
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
