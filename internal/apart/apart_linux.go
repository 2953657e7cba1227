// Package apart gives tests what is theirs alone: file systems, threads. Only tests import it.
package apart

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// inside is set in the environment of a process with mounts of its own.
const inside = "DAEMON_KEEPER_TEST_INSIDE"

// Inside reports whether this is the process that Mounts has started.
func Inside() bool { return os.Getenv(inside) != "" }

// Mounts runs the test once more, in another process that has a mount namespace of its own: what
// is mounted there, and what hangs there, is nobody else's. It returns true in that process, and
// false in this one when the other has ended.
func Mounts(t *testing.T) bool {
	t.Helper()
	if Inside() {
		return true
	}
	if os.Geteuid() != 0 {
		t.Skip("only root may mount")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread() // the signal comes when the thread that has forked ends
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM):
		t.Skip("no mount namespaces here")
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skipf("%s", out)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Errorf("the other process has not run the test:\n%s", out)
	default:
		t.Logf("%s", out)
	}
	return false
}

// Memory mounts a file system in memory on a folder of a test that has mounts of its own, until
// the test ends. The options are those of tmpfs(5).
func Memory(t *testing.T, folder, options string) {
	t.Helper()
	err := syscall.Mount("tmpfs", folder, "tmpfs", 0, options)
	switch {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENODEV):
		t.Skip("this machine does not allow to mount a file system in memory: ", err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) }) // else the folder cannot be removed
}

// ReadOnly mounts it once more, so that nothing can be written.
func ReadOnly(t *testing.T, folder string) {
	t.Helper()
	if err := syscall.Mount("", folder, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
}

// Thread is a thread of this process, other than its first, that lives until the test ends.
// Others of Go's threads may end at any time.
func Thread(t *testing.T) (id int) {
	t.Helper()
	ids, ended := make(chan int), make(chan struct{})
	t.Cleanup(func() { close(ended) })
	for {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread() // or the thread ends, and with it children that are to end with it
			ids <- syscall.Gettid()
			<-ended
		}()
		if id := <-ids; id != os.Getpid() {
			return id
		}
	}
}
