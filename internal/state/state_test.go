package state

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func openDir(t *testing.T) *Dir {
	t.Helper()
	d, err := OpenDir(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestMissingFolderIsMade(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	path := filepath.Join(t.TempDir(), "a", "run")
	if _, err := OpenDir(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("made %v, %v", info.Mode(), err)
	}
}

// What others could have tampered with is refused, with what mends it.
func TestFoldersThatAreRefused(t *testing.T) {
	root := os.Geteuid() == 0
	for _, tc := range []struct {
		name string
		make func(t *testing.T, path string)
		why  string
		hint string
		root bool // needs root to be made
	}{
		{"a file", func(t *testing.T, path string) { write(t, path, 0o644) }, "not a directory", "", false},
		{"a link to a file", func(t *testing.T, path string) { write(t, path+"f", 0o644); link(t, path+"f", path) }, "not a directory", "", false},
		{"writable by all", func(t *testing.T, path string) { mkdir(t, path, 0o777) }, "others can write to it", "chmod go-w ", false},
		{"writable by the group", func(t *testing.T, path string) { mkdir(t, path, 0o775) }, "others can write to it", "chmod go-w ", false},
		{"writable by all and sticky", func(t *testing.T, path string) { mkdir(t, path, 0o777|os.ModeSticky) }, "others can write to it", "chmod go-w ", false},
		{"another user's", func(t *testing.T, path string) { mkdir(t, path, 0o755); chown(t, path) }, "another user owns it", "chown root ", true},
		{"another user's link", func(t *testing.T, path string) { mkdir(t, path+"d", 0o755); link(t, path+"d", path); chown(t, path) }, "symbolic link that another user has made", "remove the link", true},
		{"a parent that all can write", func(t *testing.T, path string) {
			parent := filepath.Dir(path)
			if err := os.Chmod(parent, 0o777); err != nil {
				t.Fatal(err)
			}
		}, "others can write to it", "chmod go-w ", false},
		{"a parent of another user's", func(t *testing.T, path string) { chown(t, filepath.Dir(path)) }, "another user owns it", "chown root ", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.root && !root {
				t.Skip("only root can give a file away")
			}
			parent := filepath.Join(t.TempDir(), "parent")
			mkdir(t, parent, 0o755)
			path := filepath.Join(parent, "run")
			tc.make(t, path)
			_, err := OpenDir(path)
			var dirErr *DirError
			if !errors.As(err, &dirErr) || !strings.Contains(err.Error(), tc.why) {
				t.Fatalf("got %v, want %q", err, tc.why)
			}
			if !strings.Contains(dirErr.Hint(), tc.hint) || dirErr.Hint() == "" {
				t.Errorf("hint %q, want %q", dirErr.Hint(), tc.hint)
			}
		})
	}
}

// /tmp is everybody's, but nobody can take away in it what is ours.
func TestStickyParentIsGoodEnough(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "parent")
	mkdir(t, parent, 0o777|os.ModeSticky)
	if _, err := OpenDir(filepath.Join(parent, "run")); err != nil {
		t.Error(err)
	}
}

func TestOneHolderAtATime(t *testing.T) {
	d := openDir(t)
	now := time.Date(2026, 11, 21, 20, 49, 0, 0, time.UTC)
	first, err := d.Lock([]string{"dovecot", "clamav-clamd", "dovecot"}, now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Lock([]string{"dovecot"}, now)
	var held *HeldError
	if !errors.As(err, &held) {
		t.Fatalf("the second got %v", err)
	}
	if want := "pid " + strconv.Itoa(os.Getpid()) + ", since 2026-11-21T20:49:00Z"; held.Holder != want || held.Service != "dovecot" {
		t.Errorf("held %+v, want holder %q", held, want)
	}
	if other, err := d.Lock([]string{"nginx"}, now); err != nil {
		t.Errorf("an unrelated service: %v", err)
	} else {
		other.Release()
	}
	first.Release()
	if again, err := d.Lock([]string{"dovecot"}, now); err != nil {
		t.Errorf("after the release: %v", err)
	} else {
		again.Release()
	}
}

// One held lock must not leave the run with the others.
func TestAllOrNone(t *testing.T) {
	d := openDir(t)
	b, err := d.Lock([]string{"b"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	if _, err := d.Lock([]string{"a", "b"}, time.Now()); err == nil {
		t.Fatal("took a lock that is held")
	}
	a, err := d.Lock([]string{"a"}, time.Now())
	if err != nil {
		t.Fatalf("a was not released: %v", err)
	}
	a.Release()
}

func TestPlantedLocksAreNoLocks(t *testing.T) {
	for _, tc := range []struct {
		name  string
		plant func(t *testing.T, path string)
	}{
		{"a link", func(t *testing.T, path string) { write(t, path+"target", 0o600); link(t, path+"target", path) }},
		{"a folder", func(t *testing.T, path string) { mkdir(t, path, 0o755) }},
		{"a fifo", func(t *testing.T, path string) {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := openDir(t)
			tc.plant(t, filepath.Join(d.Path(), "a.lock"))
			locks, err := d.Lock([]string{"a"}, time.Now())
			var held *HeldError
			if err == nil || errors.As(err, &held) {
				t.Errorf("got %v, %v", locks, err)
			}
		})
	}
}

func TestHolderIsForPeopleOnly(t *testing.T) {
	d := openDir(t)
	locks, err := d.Lock([]string{"a"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer locks.Release()
	if err := os.WriteFile(filepath.Join(d.Path(), "a.lock"), []byte("pid 1\x1b[31m\nevil"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = d.Lock([]string{"a"}, time.Now())
	if err == nil || err.Error() != "another run is at work on service a: pid 1" {
		t.Errorf("got %q", err)
	}
}

func write(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), mode); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func chown(t *testing.T, path string) {
	t.Helper()
	if err := os.Lchown(path, 12345, 12345); err != nil {
		t.Fatal(err)
	}
}
