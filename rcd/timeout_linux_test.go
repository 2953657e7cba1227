package rcd

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// aDaemon puts a daemon in the background, in the process group of the script,
// and goes on once it is there: a child of a shell loses signals until its exec.
const aDaemon = `
sh -c 'echo $$ >"$1/daemon"; exec sleep 120' sh "$1" &
until [ -s "$1/daemon" ]; do sleep 0.01; done
`

// timedOut runs a script until it says that it is ready, and checks the error.
func timedOut(t *testing.T, s *system, verb Verb, script, dir string) *CommandError {
	t.Helper()
	endLater(t, filepath.Join(dir, "daemon"))
	endLater(t, filepath.Join(dir, "pid"))
	began := time.Now()
	err := s.step(overOnce(t, filepath.Join(dir, "ready")), verb, "toy", sh(`echo $$ >"$1/pid"; `+script, dir), under())
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	failed := commandError(t, err)
	if !failed.TimedOut || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, timed out: %v", err, failed.TimedOut)
	}
	want := regexp.MustCompile(`^cannot ` + string(verb) + ` service toy: it took longer than [0-9.]+m?s$`)
	if !want.MatchString(err.Error()) {
		t.Errorf("error %q, want %s", err, want)
	}
	waitUntil(t, "the script has ended", func() bool { return !alive(pidIn(filepath.Join(dir, "pid"))) })
	return failed
}

// TestHangingStart: the script is ended, the daemon that it has put in the
// background so far is not.
func TestHangingStart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script    string
		killAfter time.Duration
	}{
		"by TERM": {`trap 'echo term >"$1/term"; exit 0' TERM; ` + aDaemon + `echo waiting; : >"$1/ready"; wait`, time.Minute},
		"by KILL": {`trap 'echo term >"$1/term"' TERM; ` + aDaemon + `echo waiting; : >"$1/ready"; while :; do sleep 0.02; done`, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, dir := newTestSystem(t), t.TempDir()
			s.killAfter = tt.killAfter
			failed := timedOut(t, s, Start, tt.script, dir)
			if got := note(t, dir, "term"); got != "term" {
				t.Errorf("the script noted %q, want a TERM", got)
			}
			if got := strings.Join(failed.Output, "|"); got != "waiting" {
				t.Errorf("output %q", got)
			}
			daemon, script := pidIn(filepath.Join(dir, "daemon")), note(t, dir, "pid")
			if stat := statOf(daemon); !alive(daemon) || stat[2] != script {
				t.Errorf("the daemon was ended, or is not in group %s: %q", script, stat)
			}
		})
	}
}

// TestHangingStop: a stop starts no daemon, so its helpers go with it.
func TestHangingStop(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script    string
		killAfter time.Duration
	}{
		"by TERM":      {aDaemon + `: >"$1/ready"; wait`, time.Minute},
		"with a trap":  {`trap 'exit 1' TERM; ` + aDaemon + `: >"$1/ready"; wait`, time.Minute},
		"in the front": {`sh -c 'echo $$ >"$1/daemon"; : >"$1/ready"; exec sleep 120' sh "$1"; :`, time.Minute},
		"by KILL":      {`trap '' TERM; ` + aDaemon + `: >"$1/ready"; while :; do sleep 0.02; done`, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, dir := newTestSystem(t), t.TempDir()
			s.killAfter = tt.killAfter
			timedOut(t, s, Stop, tt.script, dir)
			helperHasEnded(t, dir)
		})
	}
}

// TestHangingStopDeafHelper: a helper that ignores TERM, or loses it between its
// fork and its exec, outlived the stop, because nothing came after TERM once the
// script itself had ended. One more was left each minute.
func TestHangingStopDeafHelper(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	timedOut(t, newTestSystem(t), Stop, `trap '' TERM; `+aDaemon+`trap 'exit 1' TERM; : >"$1/ready"; wait`, dir)
	helperHasEnded(t, dir)
}

func helperHasEnded(t *testing.T, dir string) {
	t.Helper()
	helper := pidIn(filepath.Join(dir, "daemon"))
	for end := time.Now().Add(time.Minute); alive(helper); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("helper %d is still there", helper)
		}
	}
}

// TestGrace: KILL comes after killAfter, and not before.
func TestGrace(t *testing.T) {
	t.Parallel()
	s, dir := newTestSystem(t), t.TempDir()
	s.killAfter = 400 * time.Millisecond
	ready := overOnce(t, filepath.Join(dir, "ready"))
	endLater(t, filepath.Join(dir, "pid"))
	began := time.Now()
	err := s.step(ready, Start, "toy", sh(`trap '' TERM; echo $$ >"$1/pid"; : >"$1/ready"; while :; do sleep 0.02; done`, dir), under())
	if took := time.Since(began); took < s.killAfter {
		t.Errorf("ended after %v, before its grace of %v", took, s.killAfter)
	}
	if failed := commandError(t, err); failed.Status != -1 {
		t.Errorf("status %d, want -1", failed.Status)
	}
}

// TestTimeIsReal holds a step to the deadline of an ordinary context.
func TestTimeIsReal(t *testing.T) {
	t.Parallel()
	s, began := newTestSystem(t), time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := s.step(ctx, Stop, "toy", sh(`exec sleep 60`, ""), under())
	if took := time.Since(began); took < 100*time.Millisecond || took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	if failed := commandError(t, err); !failed.TimedOut || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, timed out: %v", err, failed.TimedOut)
	}
}

// TestNoTimeLeft: what may not run any more is not started, not even looked for.
// It was started, and got its TERM at some point on its way.
func TestNoTimeLeft(t *testing.T) {
	t.Parallel()
	missing := []string{"/nonexistent/service", "toy", "stop"}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := newTestSystem(t)
	if err := s.step(ctx, Stop, "toy", missing, under()); !errors.Is(err, context.Canceled) {
		t.Errorf("step = %v, want %v", err, context.Canceled)
	}
	if _, err := s.query(ctx, missing); !errors.Is(err, context.Canceled) {
		t.Errorf("query = %v, want %v", err, context.Canceled)
	}
	ctx, cancel = context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	err := s.step(ctx, Stop, "toy", missing, under())
	if failed := commandError(t, err); !failed.TimedOut || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("step = %v, timed out: %v, want that it is", err, failed.TimedOut)
	}
}

// TestLeftBehind: what not even KILL has ended in time is left behind, and said
// to be. Under -race it found that the exit status was read while the command
// was still waited for. No script outlives KILL, so we hardly wait for it, and
// try again where it was faster.
func TestLeftBehind(t *testing.T) {
	for range 50 {
		s, dir := newTestSystem(t), t.TempDir()
		s.killAfter = time.Nanosecond
		endLater(t, filepath.Join(dir, "pid"))
		err := s.step(overOnce(t, filepath.Join(dir, "ready")), Start, "toy",
			sh(`trap '' TERM; echo $$ >"$1/pid"; : >"$1/ready"; while :; do sleep 0.02; done`, dir), under())
		if failed := commandError(t, err); !failed.TimedOut || failed.Status != -1 {
			t.Errorf("timed out: %v, status %d", failed.TimedOut, failed.Status)
		}
		waitUntil(t, "the script has ended", func() bool { return !alive(pidIn(filepath.Join(dir, "pid"))) })
		if strings.HasSuffix(err.Error(), "cannot be killed and was left behind") {
			return
		}
	}
	t.Error("no script was ever left behind")
}

// TestStartThatBecomesTheDaemon: a start that ends in exec of the daemon was
// ended with its time, and the daemon with it, on every run.
func TestStartThatBecomesTheDaemon(t *testing.T) {
	t.Parallel()
	s, dir := newTestSystem(t), t.TempDir()
	asked := 0
	with := under()
	with.IsDaemon = func(pid int) bool {
		asked = pid
		return true
	}
	endLater(t, filepath.Join(dir, "pid"))
	began := time.Now()
	err := s.step(overOnce(t, filepath.Join(dir, "ready")), Start, "toy", sh(`echo $$ >"$1/pid"; : >"$1/ready"; exec sleep 120`, dir), with)
	if failed := commandError(t, err); !failed.TimedOut {
		t.Errorf("error %v", err)
	}
	if pid := pidIn(filepath.Join(dir, "pid")); !alive(pid) || asked != pid {
		t.Errorf("process %d: alive %v, asked about %d", pid, alive(pid), asked)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it waited %v for what it has spared", took)
	}
}
