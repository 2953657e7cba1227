package state

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/executable"
	"daemon-keeper/internal/past"
)

func openStore(t testing.TB) *Store {
	t.Helper()
	s, err := OpenStore(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hint is what an error says to do.
func hint(err error) string {
	var h interface{ Hint() string }
	if !errors.As(err, &h) {
		return ""
	}
	return h.Hint()
}

// files lists a store's folder, but for the lock.
func files(t testing.TB, s *Store) []string {
	t.Helper()
	entries, err := os.ReadDir(s.Path())
	ok(t, err)
	var names []string
	for _, e := range entries {
		if e.Name() != lockName {
			names = append(names, e.Name())
		}
	}
	return names
}

// The folder is ours alone, what leads to it is as others expect it.
func TestMissingStoreIsMade(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	path := filepath.Join(t.TempDir(), "a", "store")
	for range 2 {
		s, err := OpenStore(path)
		ok(t, err)
		ok(t, s.Update("", true, func(map[string]past.Daemon) {}))
	}
	for path, want := range map[string]fs.FileMode{path: 0o700, filepath.Dir(path): 0o755, path + "/memory.json": 0o600, path + "/lock": 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

// What others could have tampered with is refused, with what mends it.
func TestStoresThatAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name      string
		make      func(t *testing.T, path string)
		why, hint string
		root      bool // needs root to be made
	}{
		{"a file", func(t *testing.T, path string) { write(t, path, 0o644) }, "it is not a folder", "name another folder with --state-dir", false},
		{"writable by all", func(t *testing.T, path string) { mkdir(t, path, 0o777) }, "others can write to it", "chmod go-w ", false},
		{"writable by the group", func(t *testing.T, path string) { mkdir(t, path, 0o770) }, "others can write to it", "chmod go-w ", false},
		{"writable by all and sticky", func(t *testing.T, path string) { mkdir(t, path, 0o777|os.ModeSticky) }, "others can write to it", "chmod go-w ", false},
		{"another user's", func(t *testing.T, path string) { mkdir(t, path, 0o700); chown(t, path) }, "another user owns it", "chown root ", true},
		{"another user's link", func(t *testing.T, path string) { mkdir(t, path+"d", 0o700); link(t, path+"d", path); chown(t, path) }, "symbolic link that another user has made", "remove the link", true},
		{"another user's link to nothing", func(t *testing.T, path string) { link(t, path+"d", path); chown(t, path) }, "symbolic link that another user has made", "remove the link", true},
		{"a parent that all can write", func(t *testing.T, path string) { mkdir(t, filepath.Dir(path), 0o777) }, "others can write to it", "chmod go-w ", false},
		{"below a file", func(t *testing.T, path string) {
			ok(t, os.Remove(filepath.Dir(path)))
			write(t, filepath.Dir(path), 0o600)
		}, "not a directory", "--state-dir", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.root && os.Geteuid() != 0 {
				t.Skip("only root can give a file away")
			}
			parent := filepath.Join(t.TempDir(), "parent")
			mkdir(t, parent, 0o755)
			path := filepath.Join(parent, "store")
			tc.make(t, path)
			_, err := OpenStore(path)
			var dirErr *DirError
			if !errors.As(err, &dirErr) || !strings.Contains(err.Error(), tc.why) || !strings.Contains(hint(err), tc.hint) {
				t.Errorf("got %v, hint %q", err, hint(err))
			}
			if _, err := os.Stat(path + "d/memory.json"); err == nil {
				t.Error("written where a link leads")
			}
		})
	}
}

// Who looks makes nothing, changes nothing, and learns why it sees nothing.
func TestLookStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	if _, err := LookStore(path); !errors.Is(err, fs.ErrNotExist) || hint(err) == "" {
		t.Errorf("missing: %v, hint %q", err, hint(err))
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("looking has made it")
	}
	s, err := OpenStore(path)
	ok(t, err)
	plant(t, s, "memory.json", "garbage")
	plant(t, s, "pauses.json", "garbage")
	plant(t, s, "journal-x.json", "garbage")
	looker, err := LookStore(path)
	ok(t, err)
	before := files(t, s)
	_, memory := looker.Read("")
	_, pauses := looker.Pauses(Now())
	_, journals := looker.Unfinished()
	if memory == nil || pauses == nil || len(journals) != 1 {
		t.Errorf("got %v, %v, %v", memory, pauses, journals)
	}
	if !strings.HasPrefix(hint(memory), "the next run sets it aside") {
		t.Errorf("hint %q", hint(memory))
	}
	_, begun := looker.Begin(intent("x", "a"))
	for _, err := range []error{looker.Update("", false, func(map[string]past.Daemon) {}), looker.Pause(past.Pause{Name: "x", From: Now()}), begun} {
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := os.Stat(s.file(lockName)); err == nil {
		t.Error("a lock was made")
	}
	if after := files(t, s); strings.Join(before, " ") != strings.Join(after, " ") {
		t.Errorf("had %v, has %v", before, after)
	}
}

func TestOthersMayNotLook(t *testing.T) {
	const folder = "DAEMON_KEEPER_TEST_LOOK"
	if path := os.Getenv(folder); path != "" {
		if _, err := LookStore(path); !errors.Is(err, fs.ErrPermission) || !strings.Contains(hint(err), "run it as root") {
			t.Errorf("got %v, hint %q", err, hint(err))
		}
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	dir, err := os.MkdirTemp("/tmp", "keeper-look")
	ok(t, err)
	defer os.RemoveAll(dir)
	ok(t, os.Chmod(dir, 0o755))
	_, err = OpenStore(dir + "/store")
	ok(t, err)
	path, err := os.Executable()
	ok(t, err)
	self, err := os.ReadFile(path)
	ok(t, err)
	ok(t, executable.WriteFile(dir+"/test", self, 0o755))
	cmd := exec.Command(dir+"/test", "-test.run=^"+t.Name()+"$")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), folder+"="+dir+"/store")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 12345, Gid: 12345}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A run that hangs with the lock costs another one a warning, not its work.
func TestHeldStore(t *testing.T) {
	s := openStore(t)
	release, err := s.lock()
	ok(t, err)
	other := &Store{path: s.path, patience: 20 * time.Millisecond}
	began := time.Now()
	err = other.Update("", false, func(map[string]past.Daemon) { t.Error("changed") })
	if !errors.Is(err, syscall.EWOULDBLOCK) || !strings.Contains(err.Error(), "another run has held it for more than 20ms") || !strings.Contains(hint(err), "fuser ") {
		t.Errorf("got %v, hint %q", err, hint(err))
	}
	if took := time.Since(began); took < 20*time.Millisecond {
		t.Errorf("it did not wait: %v", took)
	}
	time.AfterFunc(10*time.Millisecond, release)
	s.patience = time.Minute
	ok(t, s.Update("", false, func(map[string]past.Daemon) {}))
}

func TestPlantedLockOfStore(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a link":   func(path string) error { return os.Symlink(path+"target", path) },
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"a fifo":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t)
			ok(t, make(s.file(lockName)))
			err := s.Update("", false, func(map[string]past.Daemon) { t.Error("changed") })
			if err == nil || !strings.Contains(err.Error(), "it is not a regular file") || hint(err) != "remove it" {
				t.Errorf("got %v, hint %q", err, hint(err))
			}
			if _, err := os.Stat(s.file(lockName) + "target"); err == nil {
				t.Error("a link was followed")
			}
		})
	}
}

// What killed runs have left behind goes, and nothing else does.
func TestStoreIsSwept(t *testing.T) {
	s := openStore(t)
	for _, name := range []string{".tmp-new", ".tmp-old", ".tmp-future", "tmp-old", ".bad-memory", "journal-x.json.orig"} {
		plant(t, s, name, "x")
		switch age := 2 * time.Hour; {
		case strings.HasSuffix(name, "old"):
			ok(t, os.Chtimes(s.file(name), time.Time{}, time.Now().Add(-age)))
		case strings.HasSuffix(name, "future"):
			ok(t, os.Chtimes(s.file(name), time.Time{}, time.Now().Add(age)))
		}
	}
	if left, errs := s.Unfinished(); len(left)+len(errs) > 0 {
		t.Error(left, errs)
	}
	if got := strings.Join(files(t, s), " "); got != ".bad-memory .tmp-new journal-x.json.orig tmp-old" {
		t.Errorf("the folder has %s", got)
	}
}
