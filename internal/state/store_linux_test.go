package state

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"daemon-keeper/internal/apart"
)

// On a full disk, and on one that is mounted read-only, the old files stand as they
// were, nothing is left behind, and the error says what to do.
func TestStoreOnADiskThatTakesNothing(t *testing.T) {
	if !apart.Mounts(t) {
		return
	}
	dir := t.TempDir()
	apart.Memory(t, dir, "size=64k,mode=700")
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
	apart.ReadOnly(t, dir)
	refuses("read-only file system", "mounted read-only")
	if _, err := OpenStore(filepath.Join(dir, "other")); err == nil || !strings.Contains(hint(err), "mounted read-only") {
		t.Errorf("%v, hint %q", err, hint(err))
	}
}
