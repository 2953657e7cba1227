package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/osutil"
)

// Who looks sees who is at work, and changes nothing.
func TestFindHolder(t *testing.T) {
	d := openDir(t)
	if err := FindHolder(d.Path(), []string{"a", "b"}); err != nil {
		t.Fatalf("nobody has ever run: %v", err)
	}
	if files, _ := os.ReadDir(d.Path()); len(files) > 0 {
		t.Errorf("looking has made %v", files)
	}
	locks, err := d.Lock([]string{"b"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	err = FindHolder(d.Path(), []string{"a", "b"})
	var held *HeldError
	if !errors.As(err, &held) || held.Service != "b" || !strings.HasPrefix(held.Holder, "pid ") {
		t.Errorf("got %v", err)
	}
	if err := FindHolder(d.Path(), []string{"a"}); err != nil {
		t.Errorf("of another service: %v", err)
	}
	locks.Release()
	if err := FindHolder(d.Path(), []string{"a", "b"}); err != nil {
		t.Errorf("after the run: %v", err)
	}
}

// Where runs take no locks, none is believed.
func TestFindHolderInFoldersOfOthers(t *testing.T) {
	d := openDir(t)
	locks, err := d.Lock([]string{"a"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer locks.Release()
	if err := os.Chmod(d.Path(), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := FindHolder(d.Path(), []string{"a"}); err != nil {
		t.Errorf("believed: %v", err)
	}
	if err := FindHolder(filepath.Join(d.Path(), "missing"), []string{"a"}); err != nil {
		t.Errorf("a missing folder: %v", err)
	}
}

// A planted file is not a holder, and keeps nobody waiting.
func TestFindHolderSeesPlantedFiles(t *testing.T) {
	d := openDir(t)
	write(t, filepath.Join(d.Path(), "target"), 0o600)
	link(t, filepath.Join(d.Path(), "target"), filepath.Join(d.Path(), "a.lock"))
	var held *HeldError
	if err := FindHolder(d.Path(), []string{"a"}); err == nil || errors.As(err, &held) {
		t.Errorf("got %v", err)
	}
}

// Who looks while a run takes its lock does not keep it from that for long.
func TestLookingKeepsNobodyFromALock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.lock")
	write(t, path, 0o600)
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	one, another, run := open(), open(), open()
	for _, f := range []*os.File{one, another} {
		if err := osutil.LockShared(f); err != nil {
			t.Fatalf("two cannot look at once: %v", err)
		}
	}
	pauses := 0
	if err := lockFile(run, func() { pauses++ }); !errors.Is(err, syscall.EWOULDBLOCK) || pauses != lockTries-1 {
		t.Errorf("after %d pauses: %v", pauses, err)
	}
	if err := lockFile(run, func() { _, _ = osutil.Unlock(one), osutil.Unlock(another) }); err != nil {
		t.Errorf("kept from the lock: %v", err)
	}
}

// FuzzReadHolder: whatever stands in a lock's file, what is told of it is short, and
// does nothing to a terminal.
func FuzzReadHolder(f *testing.F) {
	for _, seed := range []string{"", "pid 12, since 2026-11-28T09:00:00Z\n", "\n", "\x1b[31m", "x\x00y", "grüße", strings.Repeat("x", 500)} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "a.lock")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		holder := readHolder(file)
		if len(holder) > 80 || !strings.HasPrefix(string(data), holder) || strings.ContainsFunc(holder, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q of %q", holder, data)
		}
		if behind := data[len(holder):]; len(holder) < 80 && len(behind) > 0 && behind[0] >= ' ' && behind[0] <= '~' {
			t.Errorf("%q of %q", holder, data)
		}
	})
}
