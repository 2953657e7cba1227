//go:build amd64 || arm64

package tracer

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal makes a terminal, pts(4), and returns both of its ends.
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skip(err)
	}
	master = os.NewFile(uintptr(fd), "master") // which can be closed while it is read
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { slave.Close() })
	go func() { // what is written must not hold up anybody
		buffer := make([]byte, 4096)
		for {
			if _, err := master.Read(buffer); err != nil {
				return
			}
		}
	}()
	return master, slave
}

// onTerminal runs a shell with job control, and as its one job the wrapped program.
func onTerminal(t *testing.T, shell string) (*traced, *os.File, *exec.Cmd) {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	master, slave := openTerminal(t)
	w := &traced{t: t, dir: t.TempDir()}
	w.log = filepath.Join(w.dir, "log")
	cmd := exec.Command("sh", "-c", shell)
	cmd.Env = append(os.Environ(), "WRAP="+own+" wrap "+w.log+" false", "COUNT="+own+" count "+filepath.Join(w.dir, "counted")+" 15", "DIR="+w.dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
		_ = cmd.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(w.log)
			t.Logf("the log:\n%s", text)
		}
	})
	return w, master, cmd
}

// Ctrl-C reaches the program once: the terminal sends it to both.
func TestControlC(t *testing.T) {
	w, master, cmd := onTerminal(t, `trap : INT; $WRAP $COUNT; echo "$?" >$DIR/status`)
	w.counted("ready")
	pid := w.number()
	for n := 1; n <= 3; n++ {
		if _, err := master.Write([]byte{3}); err != nil {
			t.Fatal(err)
		}
		w.logged(fmt.Sprintf("(?s)(got SIGINT of the terminal.*){%d}", n))
		w.counted(fmt.Sprintf("(?s)(^2 128 0$.*){%d}", n)) // two that are pending are one
	}
	w.logged(`got SIGINT of the terminal; not passed on: the program has it from the terminal, too`)
	if err := unix.Kill(pid, unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	w.counted("sum 2 3$")
	waitFor(t, filepath.Join(w.dir, "status"), `^0$`)
	_ = cmd.Wait()
}

// A shell sees a stopped program as stopped, and fg continues it, once. The program starts
// no other: one that is stopped between vfork(2) and execve(2) holds up its parent, with
// the wrapper and without.
func TestJobControl(t *testing.T) {
	w, master, cmd := onTerminal(t, `set -m
$WRAP sh -c 'trap "echo cont >>$DIR/conts" CONT; echo $$ >$DIR/pid; while [ ! -e $DIR/over ]; do :; done; exit 7'
echo "$?" >$DIR/stopped
until [ -e $DIR/go ]; do sleep 0.05; done
fg
echo "$?" >$DIR/status`)
	waitFor(t, filepath.Join(w.dir, "pid"), `^\d+$`)
	w.number()
	if _, err := master.Write([]byte{26}); err != nil { // Ctrl-Z
		t.Fatal(err)
	}
	waitFor(t, filepath.Join(w.dir, "stopped"), fmt.Sprintf(`^%d$`, 128+sigTstp))
	for _, file := range []string{"go", "over"} {
		if err := os.WriteFile(filepath.Join(w.dir, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, filepath.Join(w.dir, "status"), `^7$`)
	w.logged(`got SIGCONT from process \d+ \(sh\)`)
	if n := strings.Count(read(filepath.Join(w.dir, "conts")), "cont"); n > 1 {
		t.Errorf("it was continued %d times", n)
	}
	_ = cmd.Wait()
}

// A hangup is told to the leader of the session alone: if that is the wrapper, the program
// must hear of it.
func TestHangup(t *testing.T) {
	w, master, cmd := onTerminal(t, `exec $WRAP $COUNT`)
	w.counted("ready")
	w.number()
	master.Close()
	w.logged(`got SIGHUP of the terminal; passed on`)
	w.counted(`^1 `)
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	w.counted(`^sum 1 1$`)
	_ = cmd.Wait()
}

func read(file string) string {
	text, _ := os.ReadFile(file)
	return string(text)
}
