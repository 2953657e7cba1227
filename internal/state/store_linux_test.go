package state

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// mountFolder names the folder to mount on, for the child that may mount.
const mountFolder = "DAEMON_KEEPER_TEST_STORE"

// On a full disk, and on one that is mounted read-only, the old files stand as they
// were, nothing is left behind, and the error says what to do.
func TestStoreOnADiskThatTakesNothing(t *testing.T) {
	if dir := os.Getenv(mountFolder); dir != "" {
		storeOnFullDisk(t, dir)
		return
	}
	if os.Getuid() != 0 {
		t.Skip("only root may mount")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), mountFolder+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || strings.Contains(string(out), "--- SKIP") {
		t.Skipf("no namespace, or no tmpfs: %v\n%s", err, out)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// storeOnFullDisk has namespaces of its own: what it mounts goes with it.
func storeOnFullDisk(t *testing.T, dir string) {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k,mode=700"); err != nil {
		t.Skip(err)
	}
	s, err := OpenStore(filepath.Join(dir, "store"))
	ok(t, err)
	var journal *Journal
	for _, k := range kinds() {
		ok(t, k.write(s))
	}
	journal, err = s.Begin(intent("y", "b"))
	ok(t, err)
	before := files(t, s)
	if err := os.WriteFile(filepath.Join(dir, "fill"), make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	refuses := func(text, hints string) {
		t.Helper()
		for _, k := range kinds() {
			if err := k.write(s); err == nil || !strings.HasPrefix(err.Error(), "cannot ") || !strings.HasSuffix(err.Error(), ": "+text) || !strings.Contains(hint(err), hints) {
				t.Errorf("%s: %v, hint %q", k.name, err, hint(err))
			}
			if found, err := k.read(s); !found || err != nil {
				t.Errorf("the old %s: %t, %v", k.name, found, err)
			}
		}
		if err := journal.Begin("stop", "b"); err == nil {
			t.Error("a step was written down on a disk that takes nothing")
		}
		if got := files(t, s); !slices.Equal(got, before) {
			t.Errorf("had %v, has %v", before, got)
		}
	}
	refuses("no space left on device", "make room")
	ok(t, os.Remove(filepath.Join(dir, "fill")))
	ok(t, journal.End("stop", "b")) // there is room again
	if i, err := s.Reread(journal.intent); err != nil || len(i.Stopped()) != 1 {
		t.Errorf("%+v, %v", i, err)
	}
	ok(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	refuses("read-only file system", "mounted read-only")
	if _, err := OpenStore(filepath.Join(dir, "other")); err == nil || !strings.Contains(hint(err), "mounted read-only") {
		t.Errorf("%v, hint %q", err, hint(err))
	}
}
