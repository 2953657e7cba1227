package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

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
			for _, err := range []error{copyProgram(sleep, daemon), os.WriteFile(svc, []byte(script), 0o755)} {
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
