package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/executable"

	"golang.org/x/sys/unix"
)

// Ctrl-S at a terminal during a stop blocked the line that shows the progress, and with
// it the run, between stop and start; so did a standard error that nobody reads.
func TestWhatIsShownHoldsNothingUp(t *testing.T) {
	for name, stderr := range map[string]func(*testing.T) *os.File{
		"Ctrl-S": stoppedTerminal, "a full pipe": fullPipe,
	} {
		t.Run(name, func(t *testing.T) {
			dir, out := t.TempDir(), stderr(t)
			sleep, err := exec.LookPath("sleep")
			if err != nil {
				t.Fatal(err)
			}
			svc, daemon := filepath.Join(dir, "svc"), filepath.Join(dir, "mydaemon")
			const script = `#!/bin/sh
cd "${0%/*}" || exit 1
case $2 in
stop) sleep 2.5; : >stopped ;;
start) ./mydaemon 300 & echo $! >pids ;;
status) exit 3 ;;
esac
`
			for _, err := range []error{copyProgram(sleep, daemon), executable.WriteFile(svc, []byte(script), 0o755)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			t.Cleanup(func() { endAll(filepath.Join(dir, "pids")) })
			cmd := &exec.Cmd{Path: "/proc/self/exe", Stderr: out, Args: strings.Fields("daemon-keeper -v -s mydaemon --no-syslog --boot-grace 0 --recheck 0 --backoff 0s --settle 10ms -e")}
			cmd.Args = append(cmd.Args, daemon, "--service-command", svc, "--run-dir", filepath.Join(dir, "run"), "--state-dir", filepath.Join(dir, "state"))
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
			for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
				if _, err := os.Stat(filepath.Join(dir, "pids")); err == nil {
					break
				}
				if time.Now().After(end) {
					_, err := os.Stat(filepath.Join(dir, "stopped"))
					t.Fatalf("the service was not started (stopped: %v)", err == nil)
				}
			}
		})
	}
}

// A run that was itself stopped held its locks for ever, and later runs said that
// another run was at work, with status 0, without end.
func TestRunThatWasStopped(t *testing.T) {
	dir := t.TempDir()
	svc, daemon, lock := filepath.Join(dir, "svc"), filepath.Join(dir, "mydaemon"), filepath.Join(dir, "run", "mydaemon.lock")
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	const script = `#!/bin/sh
cd "${0%/*}" || exit 1
case $2 in
stop) : >stopping; until [ -e go ]; do sleep 0.05; done ;;
start) ./mydaemon 300 & echo $! >pids ;;
status) exit 3 ;;
esac
`
	for _, err := range []error{copyProgram(sleep, daemon), executable.WriteFile(svc, []byte(script), 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { endAll(filepath.Join(dir, "pids")) })
	command := func() *exec.Cmd {
		cmd := &exec.Cmd{Path: "/proc/self/exe", Args: strings.Fields("daemon-keeper -s mydaemon --no-syslog --boot-grace 0 --recheck 0 --backoff 0s --settle 10ms -e")}
		cmd.Args = append(cmd.Args, daemon, "--service-command", svc, "--run-dir", filepath.Join(dir, "run"), "--state-dir", filepath.Join(dir, "state"))
		return cmd
	}
	first := command()
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.WriteFile(filepath.Join(dir, "go"), nil, 0o644)
		_ = first.Process.Kill()
		_ = first.Wait()
	})
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "stopping")); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("it stops nothing")
		}
	}
	if err := first.Process.Signal(unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	out, _ := command().CombinedOutput()
	if !strings.Contains(string(out), "another run is at work on service mydaemon") {
		t.Errorf("at first: %s", out)
	}
	long := fmt.Sprintf("pid %d, since %s\n", first.Process.Pid, time.Now().Add(-time.Hour).Format(time.RFC3339))
	if err := os.WriteFile(lock, []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	second := command()
	out, _ = second.CombinedOutput()
	for _, want := range []string{fmt.Sprintf("another run, pid %d, has been at work on service mydaemon since ", first.Process.Pid), "it is stopped (state T)", fmt.Sprintf("kill -CONT %d", first.Process.Pid)} {
		if !strings.Contains(string(out), want) || second.ProcessState.ExitCode() != 2 {
			t.Errorf("status %d, without %q: %s", second.ProcessState.ExitCode(), want, out)
		}
	}
	_ = first.Process.Signal(unix.SIGCONT)
	_ = os.WriteFile(filepath.Join(dir, "go"), nil, 0o644)
	if err := first.Wait(); first.ProcessState.ExitCode() != 1 {
		t.Errorf("the first run, once it went on: %v", err)
	}
}

// stoppedTerminal is a terminal at which somebody has typed Ctrl-S.
func stoppedTerminal(t *testing.T) *os.File {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	if _, err := master.WriteString("\x13"); err != nil {
		t.Fatal(err)
	}
	fill(t, slave)
	return slave
}

func fullPipe(t *testing.T) *os.File {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	fill(t, w)
	return w
}

// fill writes until nothing more is taken.
func fill(t *testing.T, f *os.File) {
	t.Helper()
	fd := int(f.Fd())
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for refused := 0; refused < 20; { // the terminal hears of the key a little later
		if _, err := unix.Write(fd, []byte("x")); errors.Is(err, unix.EAGAIN) {
			refused++
			time.Sleep(5 * time.Millisecond)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
}
