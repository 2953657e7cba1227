package rcd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Helpers of the tests that run real commands.

// newTestSystem has a folder for the outputs, and times that no test reaches
// unless it sets its own.
func newTestSystem(t *testing.T) *system {
	t.Helper()
	return &system{outputs: &Outputs{Dir: t.TempDir()}, killAfter: time.Minute, queryTime: time.Minute}
}

// TestMain: the tests' own program is the child of its steps, too.
func TestMain(m *testing.M) {
	if IsChild(os.Args) {
		os.Exit(Child(os.Args, argsOf, noteBegun))
	}
	if IsLauncher(os.Args) {
		os.Exit(Launch(os.Args))
	}
	os.Exit(m.Run())
}

// noteBegun writes into the lock which step has been started.
func noteBegun(lock int, verb Verb, service string) {
	_, _ = syscall.Write(lock, []byte(string(verb)+" "+service+"\n"))
}

func argsOf(pid int) ([]string, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00"), err
}

// under has a step run as it does in a run.
func under() With { return With{Program: "/proc/self/exe"} }

// sh is a shell script as a command; $1 is a folder for its notes. It is no
// file: executing one that was just written fails with ETXTBSY where another
// test forks at the wrong moment.
func sh(script, dir string) []string { return []string{"/bin/sh", "-c", script, "sh", dir} }

// within ends a command that hangs though it should not.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// deadline is a context whose time is over when the test says so, so that a
// script is never caught before it is ready.
type deadline struct {
	context.Context
	over chan struct{}
}

func (d deadline) Done() <-chan struct{} { return d.over }

func (d deadline) Err() error {
	select {
	case <-d.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// overOnce is a deadline that comes once the file is there.
func overOnce(t *testing.T, path string) context.Context {
	d := deadline{t.Context(), make(chan struct{})}
	once(t, path, func() { close(d.over) })
	return d
}

// once calls do when the file is there, or when it should have been for long.
func once(t *testing.T, path string, do func()) {
	ctx := within(t)
	go func() {
		for !exists(path) && ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		do()
	}()
}

func waitUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("waited in vain until %s", what)
			return
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// pidIn reads a whole line with a process ID; 0 if there is none yet.
func pidIn(path string) int {
	data, _ := os.ReadFile(path)
	line, _, whole := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(line)
	if !whole || err != nil || pid < 2 {
		return 0
	}
	return pid
}

// endLater ends the process that a script writes to the file, however the test
// ends.
func endLater(t *testing.T, path string) {
	t.Cleanup(func() {
		if pid := pidIn(path); pid != 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}

// statOf returns the fields of proc_pid_stat(5) from the third on: state,
// parent, process group, session.
func statOf(pid int) []string {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	return strings.Fields(rest)
}

// alive is false for a zombie, which an init of a container may never reap.
func alive(pid int) bool {
	stat := statOf(pid)
	return pid != 0 && stat != nil && stat[0] != "Z" && stat[0] != "X"
}

func commandError(t *testing.T, err error) *CommandError {
	t.Helper()
	var failed *CommandError
	if !errors.As(err, &failed) {
		t.Fatalf("error %v, want a CommandError", err)
	}
	return failed
}

func note(t *testing.T, dir, name string) string {
	t.Helper()
	return strings.TrimRight(read(t, filepath.Join(dir, name)), "\n")
}
