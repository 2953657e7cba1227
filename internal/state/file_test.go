package state

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
)

func plant(t testing.TB, s *Store, name, content string) {
	t.Helper()
	ok(t, os.WriteFile(s.file(name), []byte(content), 0o600))
}

// kind is one of the files of a store: a good one, and how it is read and written.
type kind struct {
	name, file string
	good       string
	read       func(s *Store) (found bool, err error)
	write      func(s *Store) error
}

func kinds() []kind {
	i := intent("x", "a")
	return []kind{
		{
			"memory", "memory.json", `{"version":1,"daemons":{"x":{}}}`,
			func(s *Store) (bool, error) { m, err := s.Read(""); return m == nil || len(m) > 0, err },
			func(s *Store) error {
				return s.Update("", true, func(m map[string]past.Daemon) { m["x"] = past.Daemon{} })
			},
		},
		{
			"pauses", "pauses.json", `{"version":1,"pauses":[{"name":"x"}]}`,
			func(s *Store) (bool, error) { p, err := s.Pauses(Now()); return len(p) > 0, err },
			func(s *Store) error { return s.Pause(past.Pause{Name: "x", From: Now()}) },
		},
		{
			"journal", i.name(), `{"version":1,"daemon":"x","services":["a"]}`,
			func(s *Store) (bool, error) { i, errs := s.Unfinished(); return len(i) > 0, errors.Join(errs...) },
			func(s *Store) error { _, err := s.Begin(i); return err },
		},
	}
}

// badFile is something in place of a file.
type badFile struct {
	name string
	make func(t *testing.T, path, good string)
	why  string
	root bool
}

func badFiles() []badFile {
	put := func(content func(good string) string) func(t *testing.T, path, good string) {
		return func(t *testing.T, path, good string) { ok(t, os.WriteFile(path, []byte(content(good)), 0o600)) }
	}
	const damaged, kind = "it is damaged", "it is not a regular file"
	return []badFile{
		{"garbage", put(func(string) string { return "\x1b[31m{" }), damaged, false},
		{"half a file", put(func(good string) string { return good[:len(good)-1] }), damaged, false},
		{"two files", put(func(good string) string { return good + good }), damaged, false},
		{"another shape", put(func(string) string { return `{"version":1,"daemons":[],"pauses":{},"services":7}` }), damaged, false},
		{"a version that cannot be", put(func(good string) string { return strings.Replace(good, "1", "-1", 1) }), damaged, false},
		{"a version of text", put(func(good string) string { return strings.Replace(good, "1", `"1"`, 1) }), damaged, false},
		{"a later version", put(func(good string) string { return strings.Replace(good, "1", "2", 1) }), "it has format version 2, and this daemon-keeper knows none after 1", false},
		{"a later version of another shape", put(func(string) string { return `{"version":3,"daemons":[],"pauses":{},"services":7}` }), "it has format version 3", false},
		{"an endless file", func(t *testing.T, path, good string) {
			put(func(good string) string { return good })(t, path, good)
			ok(t, os.Truncate(path, 1<<40))
		}, "it is larger than", false},
		{"a large file", put(func(good string) string { return good + strings.Repeat(" ", largestMemory) }), "it is larger than", false},
		{"a link", func(t *testing.T, path, good string) {
			target := filepath.Join(t.TempDir(), "target")
			ok(t, os.WriteFile(target, []byte(good), 0o600))
			link(t, target, path)
		}, kind, false},
		{"a link to nothing", func(t *testing.T, path, _ string) { link(t, path+"x", path) }, kind, false},
		{"a link to itself", func(t *testing.T, path, _ string) { link(t, path, path) }, kind, false},
		{"a folder", func(t *testing.T, path, _ string) { mkdir(t, path, 0o700) }, kind, false},
		{"a full folder", func(t *testing.T, path, _ string) { mkdir(t, path+"/x", 0o700) }, kind, false},
		{"a fifo", func(t *testing.T, path, _ string) { ok(t, syscall.Mkfifo(path, 0o600)) }, kind, false},
		{"a socket", func(t *testing.T, path, _ string) {
			t.Chdir(filepath.Dir(path)) // its path may be too long for one
			l, err := net.Listen("unix", filepath.Base(path))
			ok(t, err)
			l.(*net.UnixListener).SetUnlinkOnClose(false)
			l.Close()
		}, kind, false},
		{"a device", func(t *testing.T, path, _ string) {
			if err := mknod(path); err != nil {
				t.Skip(err)
			}
		}, kind, true},
		{"another user's", func(t *testing.T, path, good string) { ok(t, os.WriteFile(path, []byte(good), 0o600)); chown(t, path) }, "another user owns it", true},
		{"writable by others", func(t *testing.T, path, good string) {
			ok(t, os.WriteFile(path, []byte(good), 0o600))
			ok(t, os.Chmod(path, 0o602))
		}, "others can write to it", false},
	}
}

// Whatever stands in place of a file is not believed, not waited for, not written
// through, and troubles one run only.
func TestBadFiles(t *testing.T) {
	for _, k := range kinds() {
		for _, tc := range badFiles() {
			t.Run(k.name+"/"+tc.name, func(t *testing.T) {
				if tc.root && os.Geteuid() != 0 {
					t.Skip("only root can make it")
				}
				s := openStore(t)
				tc.make(t, s.file(k.file), k.good)
				found, err := k.read(s)
				if err == nil || found || !strings.HasPrefix(err.Error(), "cannot read "+s.file(k.file)+": "+tc.why) {
					t.Errorf("found %t, error %v", found, err)
				}
				if want := "is kept as " + s.file(".bad-"+k.name); !strings.Contains(hint(err), want) {
					t.Errorf("hint %q", hint(err))
				}
				if found, err := k.read(s); found || err != nil {
					t.Errorf("the next run: %t, %v", found, err)
				}
				ok(t, k.write(s))
				if found, err := k.read(s); !found || err != nil {
					t.Errorf("after writing: %t, %v", found, err)
				}
			})
			t.Run(k.name+"/"+tc.name+", written at once", func(t *testing.T) {
				if tc.root && os.Geteuid() != 0 {
					t.Skip("only root can make it")
				}
				s := openStore(t)
				tc.make(t, s.file(k.file), k.good)
				err := k.write(s)
				if err != nil && (!strings.HasPrefix(tc.name, "a folder") && tc.name != "a full folder" || hint(err) != "remove it") {
					t.Fatal(err, hint(err))
				}
				if got := strings.Join(files(t, s), " "); strings.Contains(got, temporaryPrefix) {
					t.Errorf("left behind: %s", got)
				}
				if found, err2 := k.read(s); found != (err == nil) || (err == nil) != (err2 == nil) {
					t.Errorf("after writing: %t, %v", found, err2)
				}
			})
		}
	}
}

// Of what was set aside the last of each kind is kept, whatever the one before was.
func TestOneBadFileIsKept(t *testing.T) {
	for _, k := range kinds() {
		s := openStore(t)
		for _, tc := range badFiles() {
			if tc.root || tc.name == "a full folder" {
				continue
			}
			tc.make(t, s.file(k.file), k.good)
			if _, err := k.read(s); !strings.Contains(hint(err), "is kept as") {
				t.Errorf("%s: %v, hint %q", tc.name, err, hint(err))
			}
			if got := files(t, s); len(got) != 1 || got[0] != ".bad-"+k.name {
				t.Errorf("%s, %s: the folder has %v", k.name, tc.name, got)
			}
		}
	}
}

// A full folder that was set aside stays: what is in it may be somebody's.
func TestBadFileWithoutAPlace(t *testing.T) {
	s := openStore(t)
	mkdir(t, s.file(".bad-memory/precious"), 0o700)
	plant(t, s, "memory.json", "garbage")
	if _, err := s.Read(""); err == nil || hint(err) != "it has been removed" {
		t.Errorf("got %v, hint %q", err, hint(err))
	}
	mkdir(t, s.file("memory.json/precious"), 0o700)
	if _, err := s.Read(""); err == nil || hint(err) != "remove it" {
		t.Errorf("got %v, hint %q", err, hint(err))
	}
	if _, err := os.Stat(s.file(".bad-memory/precious")); err != nil {
		t.Error(err)
	}
}

// A good file that another run has put there meanwhile is not set aside.
func TestReplacedMeanwhile(t *testing.T) {
	s := openStore(t)
	plant(t, s, "old", "garbage")
	seen, err := os.Lstat(s.file("old"))
	ok(t, err)
	plant(t, s, "memory.json", "good")
	if err := s.setAside("memory.json", "memory", seen, bad(s.file("memory.json"), "it is damaged")); !strings.Contains(hint(err), "replaced it meanwhile") {
		t.Errorf("got %v, hint %q", err, hint(err))
	}
	if got := files(t, s); len(got) != 2 {
		t.Errorf("the folder has %v", got)
	}
}

// A folder that goes away under a run is an error with a hint.
func TestStoreIsGone(t *testing.T) {
	for _, k := range kinds() {
		s := openStore(t)
		ok(t, os.Remove(s.Path()))
		if err := k.write(s); err == nil || !strings.Contains(hint(err), "removed the folder") {
			t.Errorf("%s: %v, hint %q", k.name, err, hint(err))
		}
	}
}

func TestFileNames(t *testing.T) {
	long := strings.Repeat("x", 300)
	texts := []string{
		"", "a", "A", ".", "..", "/", "%2F", "/usr/sbin/clamd", "-usr-sbin-clamd", "a b", "ü", "\xff", "\xfe", "\x00", "a\n", "~", "%7E",
		long, long + "y", "/" + long, long[:200], long[:201], strings.Repeat("ü", 34), strings.Repeat("/", 67), escape(long), escape("/" + long),
	}
	seen := map[string]string{}
	for _, text := range texts {
		name := escape(text)
		if other, ok := seen[name]; ok {
			t.Errorf("%q and %q are both %s", text, other, name)
		}
		seen[name] = text
		if len(name) > longestEscaped || strings.ContainsAny(name, "/\x00\n ") {
			t.Errorf("%q: %s", text, name)
		}
	}
	if got := escape("/usr/local/sbin/clamd@1"); got != "%2Fusr%2Flocal%2Fsbin%2Fclamd%401" {
		t.Error(got)
	}
	s := openStore(t)
	for _, text := range texts { // and a file system takes them
		ok(t, s.Update(text, false, func(m map[string]past.Daemon) { m["x"] = past.Daemon{Held: words.Hold("it is " + text)} }))
		_, err := s.Begin(intent("d"+text, "a"))
		ok(t, err)
	}
	if got := len(files(t, s)); got != 2*len(texts) {
		t.Errorf("%d files for %d names", got, len(texts))
	}
}
