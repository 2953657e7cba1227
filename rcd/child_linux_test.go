package rcd

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lockFile is an open file with a lock on it, as a run has one for each service.
func lockFile(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	return f
}

// isLocked reports whether somebody holds the lock.
func isLocked(t *testing.T, path string) bool {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// TestStepRunsUnderAChild: the parent of a command is a process of our own that says
// which step it carries out.
func TestStepRunsUnderAChild(t *testing.T) {
	dir := t.TempDir()
	s := newTestSystem(t)
	if err := s.step(within(t), Stop, "toy", sh(`tr '\0' ' ' </proc/$PPID/cmdline >"$1/parent"; readlink /proc/$PPID/exe >"$1/exe"`, dir), under()); err != nil {
		t.Fatal(err)
	}
	exe, _ := os.Executable()
	if got := note(t, dir, "parent"); !strings.HasPrefix(got, "daemon-keeper: step stop toy 1") || !strings.Contains(got, " 1m0s /bin/sh -c ") || note(t, dir, "exe") != exe {
		t.Errorf("the parent is %s, %q", note(t, dir, "exe"), got)
	}
}

// TestChildNotesTheBeginning: each lock tells that the command was started, and none that
// it could not be.
func TestChildNotesTheBeginning(t *testing.T) {
	for command, want := range map[string]string{"/bin/true": "start toy\n", "/nosuch": ""} {
		s, dir, with := newTestSystem(t), t.TempDir(), under()
		for _, name := range []string{"one", "two"} {
			f := lockFile(t, filepath.Join(dir, name))
			defer f.Close()
			with.Locks = append(with.Locks, f)
		}
		_ = s.step(within(t), Start, "toy", []string{command}, with)
		for _, name := range []string{"one", "two"} {
			if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != want {
				t.Errorf("%s: lock %s says %q, %v", command, name, text, err)
			}
		}
	}
}

// TestWithoutAChild: what cannot be executed is said, and the command runs all the same.
func TestWithoutAChild(t *testing.T) {
	var said error
	s, dir := newTestSystem(t), t.TempDir()
	err := s.step(within(t), Start, "toy", sh(`echo $PPID >"$1/parent"`, dir), With{Program: dir + "/nosuch", Alone: func(err error) { said = err }})
	if err != nil || !errors.Is(said, fs.ErrNotExist) || note(t, dir, "parent") != strconv.Itoa(os.Getpid()) {
		t.Errorf("%v, said %v", err, said)
	}
}

// aRun is this test's own program as a run that carries out one step: it dies at once
// when it is killed, and its command does not.
const aRun = "DAEMON_KEEPER_TEST_RUN"

// TestRunOfOneStep is that program.
func TestRunOfOneStep(t *testing.T) {
	dir := os.Getenv(aRun)
	if dir == "" {
		t.Skip("it is a part of other tests")
	}
	lock := lockFile(t, dir+"/lock")
	with := under()
	with.Locks = []*os.File{lock}
	s := &system{outputs: &Outputs{Dir: dir}, killAfter: 200 * time.Millisecond, queryTime: time.Minute}
	script, _ := os.ReadFile(dir + "/script")
	limit, _ := time.ParseDuration(os.Getenv(aRun + "_LIMIT"))
	verb := Verb(os.Getenv(aRun + "_VERB"))
	err := s.step(limited{t.Context(), time.Now().Add(limit)}, verb, "toy", sh(string(script), dir), with)
	t.Fatalf("it was to be killed: %v", err)
}

// killedRun carries out a step in another process, which it kills once the script is
// ready.
func killedRun(t *testing.T, verb Verb, limit time.Duration, script string) (dir string, child int) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"pid", "daemon"} {
		endLater(t, filepath.Join(dir, name))
	}
	write(t, dir+"/script", `echo $$ >"$1/pid"; echo $PPID >"$1/child"; `+script)
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestRunOfOneStep$")
	cmd.Env = append(os.Environ(), aRun+"="+dir, aRun+"_LIMIT="+limit.String(), aRun+"_VERB="+string(verb))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the script is ready", func() bool { return exists(dir + "/ready") })
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return dir, pidIn(dir + "/child")
}

// TestLockLivesWithTheCommand: a run that was killed left a command that nobody knew of.
func TestLockLivesWithTheCommand(t *testing.T) {
	t.Parallel()
	dir, child := killedRun(t, Start, time.Minute, aDaemon+`: >"$1/ready"; until [ -e "$1/go" ]; do sleep 0.01; done; ls -l /proc/$$/fd >"$1/descriptors"`)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE} {
		_ = syscall.Kill(child, sig)
	}
	if !isLocked(t, dir+"/lock") || !alive(pidIn(dir+"/pid")) {
		t.Error("the command runs without its lock")
	}
	write(t, dir+"/go", "")
	waitUntil(t, "the lock is free", func() bool { return !isLocked(t, dir+"/lock") })
	if alive(pidIn(dir+"/pid")) || !alive(pidIn(dir+"/daemon")) {
		t.Error("the lock is free before the command has ended, or the daemon has not survived")
	}
	if got := note(t, dir, "descriptors"); strings.Contains(got, "/lock") || strings.Contains(got, "pipe:") {
		t.Errorf("the command has\n%s", got)
	}
	waitUntil(t, "the child has ended", func() bool { return !alive(child) })
}

// TestOrphanWhoseTimeIsOver: a command that hangs is ended though its run is dead; what
// a start has put in the background is not, and neither is a start that has become
// another program: it may be the daemon.
func TestOrphanWhoseTimeIsOver(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		verb          Verb
		script        string
		ended, helper bool // the command has ended; what it has started has
	}{
		"a stop":                           {Stop, aDaemon + `: >"$1/ready"; wait`, true, true},
		"a stop that ignores TERM":         {Stop, `trap '' TERM; ` + aDaemon + `: >"$1/ready"; while :; do sleep 0.02; done`, true, true},
		"a start":                          {Start, aDaemon + `: >"$1/ready"; wait`, true, false},
		"a start that ignores TERM":        {Start, `trap '' TERM; ` + aDaemon + `: >"$1/ready"; while :; do sleep 0.02; done`, true, false},
		"a start that has become a daemon": {Start, aDaemon + `: >"$1/ready"; exec sleep 120`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, child := killedRun(t, tt.verb, 3*time.Second, tt.script)
			waitUntil(t, "the child has ended", func() bool { return !alive(child) })
			waitUntil(t, "the lock is free", func() bool { return !isLocked(t, dir+"/lock") }) // its last thread has ended
			if tt.ended {
				waitUntil(t, "the command has ended", func() bool { return !alive(pidIn(dir + "/pid")) })
			} else if !alive(pidIn(dir + "/pid")) {
				t.Error("the command was ended")
			}
			if tt.helper {
				helperHasEnded(t, dir)
			} else if !alive(pidIn(dir + "/daemon")) {
				t.Error("the daemon was ended")
			}
		})
	}
}

// TestLostChild: a command whose child was killed goes on, and nobody knows how it has
// ended.
func TestLostChild(t *testing.T) {
	t.Parallel()
	for told := false; !told; { // on a busy machine the child may be killed before it has told the command's number
		s, dir := newTestSystem(t), t.TempDir()
		endLater(t, dir+"/pid")
		err := s.step(within(t), Start, "toy", sh(`echo $$ >"$1/pid"; kill -9 $PPID; exec sleep 120`, dir), under())
		var lost *LostError
		if !errors.As(err, &lost) || lost.PID != 0 && lost.PID != pidIn(dir+"/pid") || commandError(t, err).Status != -1 {
			t.Fatalf("%v, %+v", err, lost)
		}
		told = lost.PID != 0
	}
}

// TestIsChild: no arguments of a user make a run a child.
func TestIsChild(t *testing.T) {
	if IsChild([]string{childName, "stop", "nginx", "1s", "1s", "/bin/true"}) {
		t.Error("it has no pipes")
	}
	for _, args := range [][]string{nil, {"daemon-keeper", "run"}, {childName}, {childName, "stop", "nginx", "x", "1s", "/bin/true"}} {
		if _, ok := parseChildArgs(args); ok {
			t.Errorf("%q", args)
		}
	}
}

// limited is a context that has a deadline and does not heed it.
type limited struct {
	context.Context
	until time.Time
}

func (l limited) Deadline() (time.Time, bool) { return l.until, true }
