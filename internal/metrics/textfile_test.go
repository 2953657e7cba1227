package metrics

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/report"
)

// writeTo writes what a run that has restarted a daemon reports.
func writeTo(path string) error {
	return Write(path, of(stepped(report.Daemon{Name: "clamd", Result: report.BroughtBack})))
}

func countedIn(t *testing.T, path string) map[string]uint64 {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	checkExposition(t, file)
	return countedRestarts(file)
}

func entries(t *testing.T, folder string) []string {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// Each run goes on counting, and leaves one file, for all to read.
func TestTextfileGoesOnCounting(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	path := filepath.Join(t.TempDir(), "keeper.prom")
	for n := range uint64(3) {
		if err := writeTo(path); err != nil {
			t.Fatal(err)
		}
		if got := countedIn(t, path)["clamd"]; got != n+1 {
			t.Errorf("run %d: counted %d", n+1, got)
		}
	}
	if err := Write(path, of(report.Daemon{Name: "sshd", Result: report.Up})); err != nil {
		t.Fatal(err)
	}
	if got := countedIn(t, path); !maps.Equal(got, map[string]uint64{"clamd": 3, "sshd": 0}) {
		t.Errorf("after a run for another daemon: %v", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if got := entries(t, filepath.Dir(path)); !slices.Equal(got, []string{"keeper.prom"}) {
		t.Errorf("the folder has %v", got)
	}
}

func TestTextfileInTheWorkingFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := writeTo("x.prom"); err != nil {
		t.Fatal(err)
	}
	countedIn(t, "x.prom")
}

// Whatever stands in place of the old file is not read, not waited for, and not
// written through.
func TestTextfileInPlaceOfSomethingElse(t *testing.T) {
	old := string(exposition(report.Report{}, map[string]uint64{"clamd": 7}, "x.prom"))
	for _, tc := range []struct {
		name string
		make func(path string) error
		want uint64
	}{
		{"nothing", func(string) error { return nil }, 1},
		{"an old file", func(path string) error { return os.WriteFile(path, []byte(old), 0o600) }, 8},
		{"an empty file", func(path string) error { return os.WriteFile(path, nil, 0o600) }, 1},
		{"garbage", func(path string) error { return os.WriteFile(path, []byte(old+"\x00\n"), 0o600) }, 1},
		{"half a file", func(path string) error { return os.WriteFile(path, []byte(old[:len(old)-1]), 0o600) }, 1},
		{"another's metrics", func(path string) error { return os.WriteFile(path, []byte(old+"node_up 1\n"), 0o600) }, 1},
		{"a huge file", func(path string) error {
			return os.WriteFile(path, []byte(huge(old)), 0o600)
		}, 1},
		{"an endless file", func(path string) error {
			return errors.Join(os.WriteFile(path, []byte(old), 0o600), os.Truncate(path, 1<<40))
		}, 1},
		{"a pipe", func(path string) error { return syscall.Mkfifo(path, 0o600) }, 1},
		{"a pipe with a writer", func(path string) error { return fillPipe(t, path, old) }, 1},
		{"a link to a file", func(path string) error {
			return errors.Join(os.WriteFile(path+".target", []byte(old), 0o600), os.Symlink(path+".target", path))
		}, 1},
		{"a link to a file beside it", func(path string) error {
			return errors.Join(os.WriteFile(path+".target", []byte(old), 0o600), os.Symlink(filepath.Base(path)+".target", path))
		}, 1},
		{"a link to nothing", func(path string) error { return os.Symlink(path+".target", path) }, 1},
		{"a link to itself", func(path string) error { return os.Symlink(path, path) }, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.prom")
			if err := tc.make(path); err != nil {
				t.Fatal(err)
			}
			if err := writeTo(path); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Lstat(path); err != nil || info.Mode() != 0o644 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			if got := countedIn(t, path)["clamd"]; got != tc.want {
				t.Errorf("counted %d, want %d", got, tc.want)
			}
			if target, err := os.ReadFile(path + ".target"); err == nil && string(target) != old {
				t.Errorf("the target was touched: %.100q", target)
			}
		})
	}
}

// huge makes a file that is good, and would be if it were cut at the limit.
func huge(file string) string {
	const line, first = "daemon_keeper_mistakes 0\n", "# HELP daemon_keeper_x "
	rest := largestOld + 1 - len(file+first+"\n")
	return file + first + strings.Repeat("x", rest%len(line)) + "\n" + strings.Repeat(line, rest/len(line)+1)
}

func fillPipe(t *testing.T, path, content string) error {
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	t.Cleanup(func() { f.Close() })
	_, err = f.WriteString(content)
	return err
}

// An error names the file and what to do, and leaves nothing behind.
func TestTextfileThatCannotBe(t *testing.T) {
	for _, tc := range []struct {
		name       string
		make       func(t *testing.T, dir string) (path string)
		want, hint string
	}{
		{"not .prom", func(_ *testing.T, dir string) string { return dir + "/metrics.txt" }, "its name does not end in .prom", "node_exporter reads no other files; call it DIR/daemon-keeper.prom"},
		{"no name", func(*testing.T, string) string { return "" }, "its name does not end in .prom", "node_exporter reads no other files; call it daemon-keeper.prom"},
		{"a slash at the end", func(_ *testing.T, dir string) string { return dir + "/x.prom/" }, "its name does not end in .prom", "node_exporter reads no other files; call it DIR/x.prom/daemon-keeper.prom"},
		{"no folder", func(_ *testing.T, dir string) string { return dir + "/a/x.prom" }, "no such file or directory", "make the folder: mkdir -p DIR/a"},
		{"no folder at all", func(t *testing.T, dir string) string {
			write(t, dir+"/a")
			return dir + "/a/x.prom"
		}, "not a directory", "name a file in a folder, the one of --collector.textfile.directory"},
		{"a folder", func(t *testing.T, dir string) string {
			if err := os.Mkdir(dir+"/x.prom", 0o700); err != nil {
				t.Fatal(err)
			}
			return dir + "/x.prom"
		}, "file exists", "it is a folder; name a file"},
		{"a long name", func(_ *testing.T, dir string) string { return dir + "/" + strings.Repeat("x", 251) + ".prom" }, "file name too long", ""},
		{"a folder of others", func(t *testing.T, dir string) string {
			if os.Getuid() == 0 {
				t.Skip("root may write into any; on Linux see TestTextfileInAFolderOfOthers")
			}
			if err := os.Chmod(dir, 0o500); err != nil {
				t.Fatal(err)
			}
			return dir + "/x.prom"
		}, "permission denied", "run it as a user who may write into DIR"},
		{"not even root may", func(t *testing.T, _ string) string {
			if runtime.GOOS != "linux" {
				t.Skip("/proc may be a folder like any other")
			}
			return "/proc/x.prom"
		}, "no such file or directory", "make the folder: mkdir -p /proc"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			path := tc.make(t, dir)
			before := entries(t, dir)
			err := writeTo(path)
			if want := fmt.Sprintf("cannot write metrics to %s: %s", path, tc.want); err == nil || err.Error() != want {
				t.Fatalf("error %v, want %s", err, want)
			}
			var h interface{ Hint() string }
			if want := strings.ReplaceAll(tc.hint, "DIR", dir); !errors.As(err, &h) || h.Hint() != want {
				t.Errorf("hint %q, want %q", h.Hint(), want)
			}
			if got := entries(t, dir); !slices.Equal(got, before) {
				t.Errorf("the folder has %v, and had %v", got, before)
			}
		})
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestHintsOfTextfile(t *testing.T) {
	for cause, want := range map[error]string{
		syscall.ENOSPC: "make room", syscall.EDQUOT: "make room", syscall.EROFS: "mounted read-only", syscall.EPERM: "run it as a user", syscall.EIO: "",
	} {
		wrapped := &textfileError{metrics, "/a/x.prom", osutil.Cause(errors.Join(nil, &os.PathError{Op: "write", Path: "/a/.tmp", Err: cause}))}
		if got := wrapped.Hint(); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%v: hint %q", cause, got)
		}
		if got := wrapped.Error(); got != "cannot write metrics to /a/x.prom: "+cause.Error() {
			t.Error(got)
		}
	}
}

// Runs that write at the same time each have their restart counted.
func TestTextfileOfManyWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.prom")
	const writers = 20
	var all sync.WaitGroup
	for range writers {
		all.Go(func() { // none of which gives up its turn
			if err := (textfile{path, time.Minute, time.Now}).write(of(stepped(report.Daemon{Name: "clamd", Result: report.BroughtBack}))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := countedIn(t, path)["clamd"]; got != writers {
		t.Errorf("counted %d", got)
	}
	if got := entries(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("the folder has %v", got)
	}
}

// A lock that others can hold is none: whoever may read the folder cannot delay a run,
// and neither can whoever may write to it.
func TestTextfileWhateverOthersLock(t *testing.T) {
	hold := func(t *testing.T, path string, flags int) {
		f, err := os.OpenFile(path, flags, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		if err := osutil.Lock(f); errors.Is(err, errors.ErrUnsupported) {
			t.Skip(err)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for name, make := range map[string]func(t *testing.T, dir string){
		"the folder":    func(t *testing.T, dir string) { hold(t, dir, os.O_RDONLY) },
		"the old file":  func(t *testing.T, dir string) { hold(t, dir+"/x.prom", os.O_RDONLY|os.O_CREATE) },
		"a file of all": func(t *testing.T, dir string) { hold(t, dir+"/"+lockName, os.O_RDWR|os.O_CREATE) },
		"a link": func(t *testing.T, dir string) {
			hold(t, dir+"/y", os.O_RDWR|os.O_CREATE)
			symlink(t, "y", dir+"/"+lockName)
		},
		"a link of ours":  func(t *testing.T, dir string) { write(t, dir+"/y"); symlink(t, "y", dir+"/"+lockName) },
		"a link to /proc": func(t *testing.T, dir string) { symlink(t, "/proc/self/status", dir+"/"+lockName) },
		"a folder": func(t *testing.T, dir string) {
			if err := os.Mkdir(dir+"/"+lockName, 0o700); err != nil {
				t.Fatal(err)
			}
		},
		"a pipe": func(t *testing.T, dir string) {
			if err := syscall.Mkfifo(dir+"/"+lockName, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"another user's": func(t *testing.T, dir string) {
			if os.Geteuid() != 0 {
				t.Skip("only root can give a file away")
			}
			write(t, dir+"/"+lockName)
			if err := os.Chown(dir+"/"+lockName, 12345, 0); err != nil {
				t.Fatal(err)
			}
			hold(t, dir+"/"+lockName, os.O_RDWR)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.prom")
			make(t, filepath.Dir(path))
			began := time.Now()
			if err := (textfile{path, time.Hour, time.Now}).write(report.Report{}); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it waited: %v", took)
			}
			countedIn(t, path)
		})
	}
}

func symlink(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

// Another run that holds the lock is waited for, and not for ever. One that was killed
// leaves a file that nobody holds.
func TestTextfileWaitsForAnotherRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.prom")
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	other := openLock(root)
	if err := osutil.Lock(other); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	began := time.Now()
	if err := (textfile{path, 30 * time.Millisecond, time.Now}).write(report.Report{}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("it did not wait: %v", took)
	}
	other.Close()
	if err := writeTo(path); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, filepath.Dir(path)); !slices.Equal(got, []string{"x.prom"}) {
		t.Errorf("the folder has %v", got)
	}
}

// Root follows no link to the folder that another user has made, and says so.
func TestTextfileBehindALinkOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a link away")
	}
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/target", 0o755); err != nil {
		t.Fatal(err)
	}
	symlink(t, "target", dir+"/link")
	path := dir + "/link/x.prom"
	if err := writeTo(path); err != nil {
		t.Errorf("a link of root's: %v", err)
	}
	if err := errors.Join(os.Remove(dir+"/target/x.prom"), os.Lchown(dir+"/link", 12345, 0)); err != nil {
		t.Fatal(err)
	}
	err := writeTo(path)
	want := fmt.Sprintf("cannot write metrics to %s: cannot trust %s/link: it is a symbolic link that another user has made", path, dir)
	var h interface{ Hint() string }
	if err == nil || err.Error() != want || !errors.As(err, &h) || h.Hint() != "remove the link" {
		t.Errorf("got %v", err)
	}
	if got := entries(t, dir+"/target"); len(got) > 0 {
		t.Errorf("written: %v", got)
	}
}

// What killed runs have left behind goes, and nothing else does.
func TestTextfileSweepsItsFolder(t *testing.T) {
	dir := t.TempDir()
	keep := []string{".daemon-keeper.x", "daemon-keeper.x.tmp", "x.tmp", ".daemon-keeper.folder.tmp", ".daemon-keeper.link.tmp"}
	for _, name := range []string{".daemon-keeper.AAAA.tmp", ".daemon-keeper.BBBB.tmp", keep[0], keep[1], keep[2]} {
		write(t, filepath.Join(dir, name))
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, keep[3]), 0o700), os.Symlink("/dev/null", filepath.Join(dir, keep[4]))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "x.prom")
	if err := writeTo(path); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, dir); len(got) != 8 {
		t.Errorf("files of runs that may be at work are gone: %v", got)
	}
	later := func() time.Time { return time.Now().Add(abandoned + time.Minute) }
	if err := (textfile{path, time.Second, later}).write(report.Report{}); err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values(append(keep, "x.prom")))
	if got := entries(t, dir); !slices.Equal(got, want) {
		t.Errorf("the folder has %v, want %v", got, want)
	}
}
