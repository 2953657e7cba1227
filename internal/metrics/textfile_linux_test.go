package metrics

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"daemon-keeper/internal/apart"
)

// On a full disk, and on one that is mounted read-only, the old file stands as it
// was, and the error says what to do.
func TestTextfileOnADiskThatTakesNothing(t *testing.T) {
	if !apart.Mounts(t) {
		return
	}
	dir := t.TempDir()
	apart.Memory(t, dir, "size=16k")
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
	apart.ReadOnly(t, dir)
	refuses("read-only file system", "mounted read-only")
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
