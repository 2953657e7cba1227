package realtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is where a machine has the daemon-keeper under test.
const program = "/usr/local/sbin/daemon-keeper"

// keeperLayer holds the program, and nothing else yet.
func keeperLayer(t *testing.T) *Layer {
	t.Helper()
	Need(t)
	l := NewLayer(t)
	l.AddKeeper(program)
	return l
}

// addDaemon puts a daemon there, whose executable nothing else runs: sleep(1).
func addDaemon(t *testing.T, l *Layer, name string) (exe string) {
	t.Helper()
	exe = "/usr/local/sbin/" + name
	l.Copy(filepath.Join(Tree(t), "usr/bin/sleep"), exe)
	return exe
}

// initScript is an init script whose daemon runs in the background, and which
// writes down what it was told to do, for calls.
const initScript = `#!/bin/sh
name=${0##*/}
[ "$1" = status ] || echo "$1" >>/run/$name.calls
case $1 in
start) /usr/local/sbin/$name infinity >/dev/null 2>&1 & echo $! >/run/$name.pid ;;
stop) kill "$(cat /run/$name.pid 2>/dev/null)" 2>/dev/null; rm -f /run/$name.pid ;;
status) kill -0 "$(cat /run/$name.pid 2>/dev/null)" 2>/dev/null || exit 3 ;;
esac
`

// calls is what initScript was told to do.
func calls(t *testing.T, m *Machine, name string) string {
	t.Helper()
	return strings.Join(strings.Fields(read(t, m, "/run/"+name+".calls")), " ")
}

// sysvMachine is a machine without systemd, with the daemon toy, which is down.
func sysvMachine(t *testing.T) *Machine {
	t.Helper()
	l := keeperLayer(t)
	addDaemon(t, l, "toy")
	l.File("/etc/init.d/toy", initScript, 0o755)
	return Enter(t, Tree(t), l)
}

// answer is how a run has ended.
type answer struct {
	stdout, stderr string
	status         int
	took           time.Duration
}

// begin starts a command and returns what waits for its end. Its output goes
// to pipes, as cron has it, and it is a failure if one is still open when the
// command has ended: then a daemon has inherited it.
func begin(t *testing.T, m *Machine, argv ...string) (wait func() answer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	cmd := m.Command(ctx, argv[0], argv[1:]...)
	stdout, outText := pipe(t)
	stderr, errText := pipe(t)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	began := time.Now()
	err := cmd.Start()
	stdout.Close()
	stderr.Close()
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	var waited, outEnded, errEnded bool
	end := func() (a answer) {
		waited = true
		a.status = exitStatus(t, cmd.Wait())
		a.took = time.Since(began)
		a.stdout, outEnded = outText()
		a.stderr, errEnded = errText()
		return a
	}
	t.Cleanup(func() { // a test that was waiting for something else has failed
		if !waited {
			cancel()
			t.Logf("nobody had waited for %q:\n%v", argv, end())
		}
	})
	return func() answer {
		t.Helper()
		defer cancel()
		a := end()
		switch {
		case ctx.Err() != nil:
			t.Errorf("%q did not end within %v:\n%v", argv, Patience, a)
		case !outEnded || !errEnded:
			t.Errorf("%q has ended, but something keeps its output open:\n%v", argv, a)
		}
		return a
	}
}

func exitStatus(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		t.Fatal(err)
	}
	if w := exit.Sys().(syscall.WaitStatus); w.Signaled() {
		return 128 + int(w.Signal())
	}
	return exit.ExitCode()
}

// pipe returns the writing end of a pipe, and what tells all that was written,
// and whether everybody had closed it soon.
func pipe(t *testing.T) (w *os.File, text func() (string, bool)) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	written := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(r) // up to the deadline below
		written <- string(all)
	}()
	return w, func() (string, bool) {
		select {
		case all := <-written:
			return all, true
		case <-time.After(time.Minute):
		}
		_ = r.SetReadDeadline(time.Now())
		return <-written, false
	}
}

func (a answer) String() string {
	return fmt.Sprintf("status %d after %v\nstdout:\n%sstderr:\n%s", a.status, a.took.Round(time.Millisecond), a.stdout, a.stderr)
}

// keeperArgs is a run as cron would start it, with times that suit a test. What
// stands before the program is given by prefix.
func keeperArgs(prefix []string, arg ...string) []string {
	cron := []string{"env", "-i", "HOME=/root", "LOGNAME=root", "SHELL=/bin/sh", "PATH=/usr/bin:/bin"}
	quick := []string{program, "--boot-grace", "0", "--backoff", "0s", "--recheck", "100ms", "--verify", "3s", "--settle", "200ms"}
	return slices.Concat(cron, prefix, quick, arg)
}

// keep is one run of the program.
func keep(t *testing.T, m *Machine, arg ...string) answer {
	t.Helper()
	return keepBy(t, m, nil, arg...)
}

// keepBy is keep by way of another command: env(1), setpriv(1), flock(1).
func keepBy(t *testing.T, m *Machine, prefix []string, arg ...string) answer {
	t.Helper()
	return begin(t, m, keeperArgs(prefix, arg...)...)()
}

// expect fails the test unless a run has ended so and has printed all these
// words to standard output.
func expect(t *testing.T, a answer, status int, words ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d was expected, not\n%v", status, a)
	}
	contains(t, "stdout", a.stdout, words...)
}

// contains fails the test unless all the words are in the text.
func contains(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q was expected in %s:\n%s", w, what, text)
		}
	}
}

// silent fails the test unless a run finds all well and prints nothing.
func silent(t *testing.T, m *Machine, arg ...string) {
	t.Helper()
	if a := keep(t, m, arg...); a.status != 0 || a.stdout+a.stderr != "" {
		t.Errorf("status 0 and silence were expected, not\n%v", a)
	}
}

// read returns a file of the machine, "" if there is none.
func read(t *testing.T, m *Machine, path string) string {
	t.Helper()
	text, err := os.ReadFile(m.Path(path))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// kill ends the one process of exe and waits until it is gone.
func kill(t *testing.T, m *Machine, exe string) {
	t.Helper()
	pid := onlyPid(t, m, exe)
	m.Kill(t, pid, syscall.SIGKILL)
	Until(t, "it is gone: "+exe, func() bool { return !slices.Contains(m.Pids(t, exe), pid) }) // somebody may restart it at once
}

// startSyslogd starts rsyslogd in a machine without systemd.
func startSyslogd(t *testing.T, m *Machine) {
	t.Helper()
	m.Start(t, "rsyslogd", "-n", "-iNONE")
	Until(t, "rsyslogd listens", func() bool {
		_, err := os.Stat(m.Path("/dev/log"))
		return err == nil
	})
}

// asUser is a command prefix that takes all rights away.
var asUser = []string{"setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "--"}

// samePid fails the test unless the one process of exe is still that one.
func samePid(t *testing.T, m *Machine, exe string, before int) {
	t.Helper()
	if pid := onlyPid(t, m, exe); pid != before {
		t.Errorf("%s was process %d and is process %d now", exe, before, pid)
	}
}
