//go:build amd64 || arm64

package tracer

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/executable"
	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// Without --follow the wrapper ends with the first process, and says that it knows nothing
// any more.
func TestBackgroundIsTold(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := wrap(t, false, own, "daemonize")
	w.Env = append(os.Environ(), "DIR="+w.dir)
	if got := w.begin().status(); got.ExitStatus() != 0 {
		t.Error(got)
	}
	pid := waitFor(t, filepath.Join(w.dir, "pid"), `^(\d+)$`)[1]
	number, _ := strconv.Atoi(pid)
	t.Cleanup(func() { _ = unix.Kill(number, unix.SIGKILL) })
	w.logged(`^true .* has gone into the background as process ` + pid + `, and is not traced any more; start it in the foreground .*, or add --follow`)
}

// With --follow the wrapper goes on with it, and ends as it ends.
func TestFollow(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := wrap(t, true, own, "daemonize")
	w.Env = append(os.Environ(), "DIR="+w.dir)
	w.begin()
	pid := waitFor(t, filepath.Join(w.dir, "pid"), `^(\d+)$`)[1]
	w.logged(`^false .* goes on as process ` + pid + `, after process \d+ has exited`)
	if err := w.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	w.logged(`got SIGTERM .*; passed on to process ` + pid)
	if got := w.status(); !got.Signaled() || got.Signal() != unix.SIGTERM {
		t.Error(got)
	}
	w.logged(`was killed by SIGTERM from process`)
}

// daemonize starts another process of the program, in a session of its own, and exits.
func daemonize([]string) {
	own, _ := os.Executable()
	cmd := exec.Command(own, "stay")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	file := filepath.Join(os.Getenv("DIR"), "pid")
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(file); err == nil { // it is that program now
			return
		}
	}
	panic("the other process has not begun")
}

func stay([]string) {
	_ = os.WriteFile(filepath.Join(os.Getenv("DIR"), "pid"), []byte(strconv.Itoa(os.Getpid())), 0o600)
	time.Sleep(10 * time.Minute)
}

// As the first process of a PID namespace it reaps what others leave to it, and goes on
// with what the program has left behind.
func TestFirstProcess(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make a PID namespace")
	}
	w := wrap(t, false, "sh", "-c", `for i in 1 2 3 4 5 6 7 8 9 10; do (sh -c 'exit 0' &) ; done; echo done >$DIR/done; while [ ! -e $DIR/over ]; do sleep 0.05; done; exit 9`)
	w.Env = append(os.Environ(), "DIR="+w.dir)
	w.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
	w.begin()
	waitFor(t, filepath.Join(w.dir, "done"), "done")
	zombies := func() (list []string) {
		for pid, task := range tasks() {
			if task.Parent == w.Process.Pid && task.State == 'Z' {
				list = append(list, fmt.Sprint(pid))
			}
		}
		return list
	}
	for deadline := time.Now().Add(time.Minute); len(zombies()) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(zombies())
		}
	}
	if err := w.Process.Signal(unix.SIGUSR1); err != nil { // from outside
		t.Fatal(err)
	}
	w.logged(`got SIGUSR1 from outside of this PID namespace: from the host, if this is a container; passed on to process \d+`)
	if got := w.status(); got.ExitStatus() != 128+10 { // what the first process cannot do is to die of a signal
		t.Error(got)
	}
}

// Another user's signal is that user's.
func TestOtherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be two users")
	}
	nobody := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	w := wrap(t, false, "sleep", "600")
	own := filepath.Join(w.dir, "wrapper") // which that user may execute
	text, err := os.ReadFile(w.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := executable.WriteFile(own, text, 0o755); err != nil {
		t.Fatal(err)
	}
	for dir := w.dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		_ = os.Chmod(dir, 0o755|os.ModeSticky)
	}
	_ = os.Chmod(w.dir, 0o777)
	w.Path, w.SysProcAttr = own, nobody
	w.begin()
	w.number()
	cmd := exec.Command("sh", "-c", fmt.Sprintf("kill -HUP %d; sleep 60", w.Process.Pid))
	cmd.SysProcAttr = nobody
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	name, ok := osutil.ReadAccounts(osutil.UsersFile).Name(65534)
	if !ok {
		name = "user 65534"
	}
	w.logged(fmt.Sprintf(`got SIGHUP from process %d \(sh\) of %s: `, cmd.Process.Pid, name))
	if got := w.status(); !got.Signaled() || got.Signal() != unix.SIGHUP {
		t.Error(got)
	}
}
