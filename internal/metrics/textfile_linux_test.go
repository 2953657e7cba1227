package metrics

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// inNamespace names the folder to mount on, for the child that may mount.
const inNamespace = "DAEMON_KEEPER_TEST_MOUNT"

// On a full disk, and on one that is mounted read-only, the old file stands as it
// was, and the error says what to do.
func TestTextfileOnADiskThatTakesNothing(t *testing.T) {
	if dir := os.Getenv(inNamespace); dir != "" {
		onFullDisk(t, dir)
		return
	}
	if os.Getuid() != 0 {
		t.Skip("only root may mount")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inNamespace+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || strings.Contains(string(out), "--- SKIP") {
		t.Skipf("no namespace, or no tmpfs: %v\n%s", err, out)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Where others alone may write, the error says who could: also seen where tests run as
// root, by a thread whose file accesses are another user's, setfsuid(2).
func TestTextfileInAFolderOfOthers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become another user; TestTextfileThatCannotBe has the case")
	}
	dir := t.TempDir()
	for _, folder := range []string{filepath.Dir(dir), dir} { // so that only writing is refused
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const nobody = 65534
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	err := writeTo(filepath.Join(dir, "x.prom"))
	if back := syscall.Setfsuid(0); back != nil {
		t.Fatal(back)
	}
	var h interface{ Hint() string }
	if !errors.Is(err, syscall.EACCES) || !errors.As(err, &h) || h.Hint() != "run it as a user who may write into "+dir {
		t.Errorf("got %v", err)
	}
	if got := entries(t, dir); len(got) > 0 {
		t.Errorf("the folder has %v", got)
	}
}

// onFullDisk has namespaces of its own: what it mounts goes with it.
func onFullDisk(t *testing.T, dir string) {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16k"); err != nil {
		t.Skip(err)
	}
	path := filepath.Join(dir, "x.prom")
	if err := writeTo(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "fill"), make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	refuses := func(text, hint string) {
		t.Helper()
		err := writeTo(path)
		var h interface{ Hint() string }
		if err == nil || err.Error() != "cannot write metrics to "+path+": "+text || !errors.As(err, &h) || !strings.Contains(h.Hint(), hint) {
			t.Errorf("error %v, want %s; hint %s", err, text, hint)
		}
		if got := countedIn(t, path); !maps.Equal(got, map[string]uint64{"clamd": 1}) {
			t.Errorf("the old file has %v", got)
		}
		if got := entries(t, dir); len(got) != 2 {
			t.Errorf("left behind: %v", got)
		}
	}
	refuses("no space left on device", "make room")
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	refuses("read-only file system", "mounted read-only")
}
