package rcd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
)

// runner carries out commands. Tests put recorded answers in its place.
type runner interface {
	// query runs a command that changes nothing and returns what it answers.
	// A failing exit status is an answer, not an error.
	query(ctx context.Context, argv []string) (result, error)
	// step runs a command that stops or starts a service.
	step(ctx context.Context, verb Verb, service string, argv []string, with With) error
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

// environment is the whole environment of a command; a query has TZ, too. A daemon keeps it for
// years, so it has nothing of cron's or of the administrator's.
func environment() []string {
	return []string{"PATH=" + strings.Join(searchPath, ":"), "HOME=/", "LANG=C"}
}

// system runs commands for real.
type system struct {
	outputs   *Outputs
	killAfter time.Duration // from TERM to KILL, where a command outlives its time
	queryTime time.Duration // limit for a query
}

func newSystem(outputs *Outputs) *system {
	return &system{outputs: outputs, killAfter: 10 * time.Second, queryTime: 20 * time.Second}
}

// command prepares a child. Its session is its own: a terminal that goes away,
// or Ctrl-C, does not reach the daemon that it starts.
func command(argv []string) *exec.Cmd {
	osutil.CloseOthersOnExec()
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
	cmd.Env = append(cmd.Env, "TZ=UTC0") // its answer is read here, and a zone's short name may mean several
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	err := s.supervise(ctx, func() (*process, error) { return direct(cmd, Status) }, func(int) bool { return false })
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return result{0, out.kept.String()}, nil
	case errors.As(err, &exit) && exit.Exited():
		return result{exit.ExitCode(), out.kept.String()}, nil
	}
	return result{}, fmt.Errorf("cannot ask %s: %w", strings.Join(argv, " "), err)
}

// mostOutput is how much of an answer is kept, in bytes.
const mostOutput = 64 << 10

// limitWriter keeps the first 64 KiB and swallows the rest.
type limitWriter struct {
	kept bytes.Buffer
}

func (w *limitWriter) Write(p []byte) (int, error) {
	if room := mostOutput - w.kept.Len(); room > 0 {
		w.kept.Write(p[:min(room, len(p))])
	}
	return len(p), nil
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

// supervise runs a command until it or ctx ends. A command whose time is over gets a
// TERM, and later a KILL. It is left behind if it outlives both, because it is stuck in
// the kernel, or if spare says so.
func (s *system) supervise(ctx context.Context, begin func() (*process, error), spare func(pid int) bool) error {
	if ctx.Err() != nil {
		return fmt.Errorf("it was not started: %w", context.Cause(ctx))
	}
	began := time.Now() // starting it takes time, too, where many are started at once
	p, err := begin()
	if err != nil {
		return err
	}
	select {
	case err := <-p.done:
		return err
	case <-ctx.Done():
	}
	defer p.leave()
	over := &endedError{took: time.Since(began), why: context.Cause(ctx)}
	if !end(p.done, p.signal, s.killAfter, func() bool { return spare(p.pid()) }) {
		over.left = p.pid()
	}
	return over
}

// end ends a command with a TERM, and with a KILL once killAfter is over. spare is asked before
// each: true ends the attempt. The result is false if the command has outlived both, as one does
// that is stuck in the kernel.
func end[T any](done <-chan T, signal func(syscall.Signal), killAfter time.Duration, spare func() bool) bool {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if spare() {
			return true
		}
		signal(sig)
		select {
		case <-done:
			return true
		case <-time.After(killAfter):
		}
	}
	return false
}

// direct starts a command as a child of this process.
func direct(cmd *exec.Cmd, verb Verb) (*process, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c, done := &subprocess{process: cmd.Process, isStop: verb == Stop}, make(chan error, 1)
	go func() {
		err := cmd.Wait()
		c.endHelpers()
		done <- err
	}()
	return &process{pid: func() int { return cmd.Process.Pid }, done: done, leave: func() {}, signal: c.signal}, nil
}

// subprocess is a command whose parent this process is.
type subprocess struct {
	process   *os.Process
	isStop    bool
	signalled atomic.Bool
}

// signal also reaches the helpers of a stop, which starts no daemon: the command leads the
// group. What a start has started may be the daemon, which is in its session until it makes one
// of its own.
func (c *subprocess) signal(sig syscall.Signal) {
	c.signalled.Store(true)
	if c.isStop {
		_ = syscall.Kill(-c.process.Pid, sig)
		return
	}
	_ = c.process.Signal(sig)
}

// endHelpers ends the helpers of a stop that have outlived the TERM. The number of their group is
// not given to another one while the group has a process.
func (c *subprocess) endHelpers() {
	if c.isStop && c.signalled.Load() {
		_ = syscall.Kill(-c.process.Pid, syscall.SIGKILL)
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
