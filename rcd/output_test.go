package rcd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func openOutput(t *testing.T, o *Outputs) output {
	t.Helper()
	var out output
	var err error
	soon(t, func() { out, err = o.open("nginx") })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return out
}

// soon fails the test if do waits, as opening a FIFO can.
func soon(t *testing.T, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it hangs")
	}
}

func TestOutputFile(t *testing.T) {
	o := &Outputs{Dir: t.TempDir()}
	out := openOutput(t, o)
	if _, err := out.WriteString("first\n"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(o.Dir, "nginx.output")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode(); mode != 0o600 {
		t.Errorf("mode %v, want 0600", mode)
	}

	// The daemon of the last start still has its file while the next one begins.
	again := openOutput(t, o)
	if text := read(t, path); text != "" {
		t.Errorf("a new start left %q", text)
	}
	for _, f := range []output{again, out, again} {
		if _, err := f.WriteString("line\n"); err != nil {
			t.Fatal(err)
		}
	}
	if text := read(t, path); text != "line\nline\nline\n" {
		t.Errorf("two writers left %q, want three lines", text)
	}
}

// A file whose last lines are about to be written again is not emptied for the next command before
// that: it would begin with what the last one has printed.
func TestOutputIsBegunAfterACut(t *testing.T) {
	o := &Outputs{Dir: t.TempDir()}
	done := make(chan error, 1)
	o.cutting.Lock()
	go func() {
		out, err := o.open("nginx")
		if err == nil {
			err = out.Close()
		}
		done <- err
	}()
	select {
	case <-done:
		t.Error("it does not wait")
		o.cutting.Unlock()
	case <-time.After(100 * time.Millisecond): // as long as it likes, if it is right
		o.cutting.Unlock()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestOutputRefuses what somebody else may have put in the place of the file:
// the output is thrown away, and what the name leads to is untouched.
func TestOutputRefuses(t *testing.T) {
	for name, plant := range map[string]func(t *testing.T, path, target string) error{
		"symlink":           func(_ *testing.T, path, target string) error { return os.Symlink(target, path) },
		"dangling symlink":  func(_ *testing.T, path, target string) error { return os.Symlink(target+".new", path) },
		"hard link":         func(_ *testing.T, path, target string) error { return os.Link(target, path) },
		"FIFO":              func(_ *testing.T, path, _ string) error { return syscall.Mkfifo(path, 0o600) },
		"folder":            func(_ *testing.T, path, _ string) error { return os.Mkdir(path, 0o700) },
		"somebody's file":   givenAway,
		"symlink to a FIFO": func(_ *testing.T, path, target string) error { return fifoBehindSymlink(path, target) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			o, target := &Outputs{Dir: filepath.Join(dir, "run")}, filepath.Join(dir, "target")
			if err := os.Mkdir(o.Dir, 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, target, "precious")
			path := o.Path("nginx")
			if err := plant(t, path, target); err != nil {
				t.Fatal(err)
			}
			before, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}

			out := openOutput(t, o)
			if out.Name() != os.DevNull {
				t.Errorf("output goes to %s", out.Name())
			}
			if _, err := out.WriteString("text\n"); err != nil {
				t.Errorf("cannot write: %v", err)
			}
			if lines := out.tail(); lines != nil {
				t.Errorf("tail %q of nothing", lines)
			}
			soon(t, func() { err = o.Trim("nginx") })
			if err == nil || !strings.HasPrefix(err.Error(), "cannot trim "+path+": ") {
				t.Errorf("Trim = %v, want an error that names the file", err)
			}

			if text := read(t, target); text != "precious" {
				t.Errorf("the target has %q now", text)
			}
			if _, err := os.Lstat(target + ".new"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the target of the dangling link was made: %v", err)
			}
			after, err := os.Lstat(path)
			if err != nil || !os.SameFile(before, after) || before.Mode() != after.Mode() || before.Size() != after.Size() {
				t.Errorf("the planted file was changed: %v", err)
			}
		})
	}
}

func givenAway(t *testing.T, path, _ string) error {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	write(t, path, "theirs")
	return os.Chown(path, 65534, 65534)
}

func fifoBehindSymlink(path, target string) error {
	if err := syscall.Mkfifo(target+".fifo", 0o600); err != nil {
		return err
	}
	return os.Symlink(target+".fifo", path)
}

// TestOutputWithoutFolder: output is not a reason not to restart a daemon.
func TestOutputWithoutFolder(t *testing.T) {
	for _, dir := range []string{"", filepath.Join(t.TempDir(), "nosuch")} {
		out := openOutput(t, &Outputs{Dir: dir})
		if _, err := out.WriteString("text\n"); err != nil || out.Name() != os.DevNull || out.tail() != nil {
			t.Errorf("folder %q: %s, %v", dir, out.Name(), err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	o := &Outputs{Dir: t.TempDir()}
	if got := o.TooLarge(); len(got) > 0 {
		t.Errorf("of an empty folder %q is too large", got)
	}
	if got := (&Outputs{Dir: o.Dir + "/missing"}).TooLarge(); len(got) > 0 {
		t.Errorf("of no folder %q is too large", got)
	}
	for size, want := range map[int64]bool{0: false, 1 << 20: false, 1<<20 + 1: true} {
		write(t, o.Path("nginx"), "")
		if err := os.Truncate(o.Path("nginx"), size); err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(o.TooLarge(), "nginx"); got != want {
			t.Errorf("%d bytes: %v, want %v", size, got, want)
		}
	}
	if err := os.Symlink(o.Path("nginx"), o.Path("other")); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(o.Path("nginx"), 2<<20); err != nil {
		t.Fatal(err)
	}
	if got := o.TooLarge(); !slices.Equal(got, []string{"nginx"}) {
		t.Errorf("%q is too large, a symlink to a large file with it", got)
	}
}

// TestTrim: a daemon that goes on writing begins anew, and leaves no hole of
// NUL bytes where its text was.
func TestTrim(t *testing.T) {
	o := &Outputs{Dir: t.TempDir()}
	daemon := openOutput(t, o)
	if _, err := daemon.WriteString(strings.Repeat("x", 5000)); err != nil {
		t.Fatal(err)
	}
	if err := o.Trim("nginx"); err != nil {
		t.Fatal(err)
	}
	if text := read(t, o.Path("nginx")); text != "" {
		t.Errorf("%d bytes are left", len(text))
	}
	if _, err := daemon.WriteString("after\n"); err != nil {
		t.Fatal(err)
	}
	if text := read(t, o.Path("nginx")); text != "after\n" {
		t.Errorf("the file has %q, want what was written after", text)
	}
	if err := o.Trim("nosuch"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Trim of a missing file = %v", err)
	}
}

// TestBound: a file that is written to without end stays small, and keeps its last
// lines; one that is not ours is left alone.
func TestBound(t *testing.T) {
	o := &Outputs{Dir: t.TempDir()}
	daemon := openOutput(t, o)
	write(t, o.Path("theirs")+".target", strings.Repeat("x", 2<<20))
	if err := os.Symlink(o.Path("theirs")+".target", o.Path("theirs")); err != nil {
		t.Fatal(err)
	}
	stop := o.Bound()
	stat := func() fs.FileInfo {
		info, err := os.Stat(o.Path("nginx"))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	for range 5 {
		if _, err := daemon.WriteString(strings.Repeat("noise\n", 300_000)); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); room(stat()) > trimAbove; {
			if lines := daemon.tail(); len(lines) == 0 { // while it is cut, the file is empty for a moment
				t.Fatal("nothing is left")
			}
			if time.Now().After(deadline) {
				t.Fatalf("it takes %d bytes", room(stat()))
			}
		}
		daemon.tail() // when the cut is done
		if _, err := daemon.WriteString("the reason\n"); err != nil {
			t.Fatal(err)
		}
		if lines := daemon.tail(); len(lines) == 0 || !strings.HasSuffix(lines[len(lines)-1], "the reason") { // a line before it may have been cut
			t.Fatalf("tail %q", lines)
		}
	}
	if _, err := daemon.WriteString(strings.Repeat("x", 2<<20)); err != nil {
		t.Fatal(err)
	}
	stop()
	if n := stat().Size(); n > trimAbove {
		t.Errorf("%d bytes are left", n)
	}
	if text := read(t, o.Path("theirs")+".target"); len(text) != 2<<20 {
		t.Errorf("the target of a link has %d bytes", len(text))
	}
}
