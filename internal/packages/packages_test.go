package packages

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// holding is how TestHold is told what to hold, in a process of its own: whoever asks
// for a lock is never told of its own.
const holding = "DAEMON_KEEPER_TEST_HOLD"

func TestHold(t *testing.T) {
	how, path, ok := strings.Cut(os.Getenv(holding), ": ")
	if !ok {
		t.Skip("this is the other process of the tests")
	}
	flags := os.O_RDWR | os.O_CREATE
	if how == "read-only flock" { // by who may read it
		flags, how = os.O_RDONLY, "flock"
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	record := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	switch how {
	case "flock":
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	case "shared":
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	case "read":
		record.Type = syscall.F_RDLCK
		err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &record)
	case "reserved":
		record.Start, record.Len = sqlitePending+1, 1
		err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &record)
	case "mark": // a reader of SQLite in passing
		record.Start, record.Len = sqliteWALWrite+4, 1
		err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &record)
	default:
		err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &record)
	}
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("\nheld")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// hold has another process lock a file until the test ends, or until let is called.
func hold(t *testing.T, how, path string) (pid int, let func()) {
	t.Helper()
	return holdBy(t, exec.Command(os.Args[0], "-test.run=^TestHold$"), how, path)
}

func holdBy(t *testing.T, cmd *exec.Cmd, how, path string) (pid int, let func()) {
	t.Helper()
	cmd.Env = append(os.Environ(), holding+"="+how+": "+path, "GORACE=atexit_sleep_ms=0") // which it waits at its end
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	let = func() { in.Close(); _ = cmd.Wait() }
	t.Cleanup(let)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "held" {
			return cmd.Process.Pid, let
		}
	}
	t.Fatalf("%s was not locked by %s", path, how)
	return 0, nil
}

// machine is a root with a folder for each lock of a system.
func machine(t *testing.T, locks []lock) (root string) {
	t.Helper()
	root = t.TempDir()
	for _, l := range locks {
		if err := os.MkdirAll(root+filepath.Dir(l.path), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestAtWork: each lock as its package manager holds it, and nothing once it is let go.
func TestAtWork(t *testing.T) {
	for _, tt := range []struct{ system, manager, path, how string }{
		{"linux", "apt", "/var/lib/dpkg/lock-frontend", "record"},
		{"linux", "dpkg", "/var/lib/dpkg/lock", "record"},
		{"linux", "rpm", "/var/lib/rpm/.rpm.lock", "record"},
		{"linux", "rpm", "/usr/lib/sysimage/rpm/.rpm.lock", "record"},
		{"linux", "apk", "/lib/apk/db/lock", "flock"},
		{"linux", "apk", "/run/apk/db.lock", "flock"},
		{"linux", "apk", "/run/apk/db.lock", "record"},
		{"freebsd", "pkg", "/var/db/pkg/local.sqlite", "reserved"},
		{"freebsd", "pkg", "/var/db/pkg/local.sqlite", "record"},
		{"freebsd", "pkg", "/var/db/pkg/local.sqlite-shm", "record"},
	} {
		if tt.how == "flock" && runtime.GOOS != "linux" {
			continue // only /proc/locks tells of them
		}
		t.Run(tt.manager+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			locks := locksOf(tt.system)
			root := machine(t, locks)
			pid, let := hold(t, tt.how, root+tt.path)
			w, err := atWork(root, locks, time.Now())
			if err != nil || w == nil || *w != (Work{tt.manager, tt.path, pid}) {
				t.Errorf("%+v, %v, want process %d", w, err, pid)
			}
			let()
			if w, err := atWork(root, locks, time.Now()); w != nil || err != nil {
				t.Errorf("after it was let go: %+v, %v", w, err)
			}
		})
	}
}

// TestAtWorkIdle: files that nobody has locked, or only to read, are not work.
func TestAtWorkIdle(t *testing.T) {
	for _, system := range []string{"linux", "freebsd"} {
		locks := locksOf(system)
		root := machine(t, locks)
		if w, err := atWork(root, locks, time.Now()); w != nil || err != nil {
			t.Errorf("%s, no files: %+v, %v", system, w, err)
		}
		for _, l := range locks {
			if l.manager == "pacman" {
				continue
			}
			if err := os.WriteFile(root+l.path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, how := range []string{"", "read", "shared", "mark"} {
			switch {
			case how == "mark" && system == "freebsd":
				hold(t, how, root+locks[1].path)
			case how != "" && how != "mark":
				hold(t, how, root+locks[0].path)
			}
			if w, err := atWork(root, locks, time.Now()); w != nil || err != nil {
				t.Errorf("%s, %q: %+v, %v", system, how, w, err)
			}
		}
	}
}

// TestAtWorkTakesNothing: while we look, another may take the lock at any moment.
func TestAtWorkTakesNothing(t *testing.T) {
	locks := locksOf("linux")
	root := machine(t, locks)
	for _, path := range []string{"/var/lib/dpkg/lock-frontend", "/lib/apk/db/lock"} {
		if err := os.WriteFile(root+path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = atWork(root, locks, time.Now())
			}
		}
	}()
	for range 3 {
		_, let := hold(t, "record", root+"/var/lib/dpkg/lock-frontend")
		let()
		_, let = hold(t, "flock", root+"/lib/apk/db/lock")
		let()
	}
	close(stop)
	<-done
}

// TestAtWorkPlanted: what lies where a lock should be neither hangs us nor leads us
// to another file's locks.
func TestAtWorkPlanted(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "locked")
	hold(t, "record", elsewhere)
	for _, l := range locksOf("linux") {
		for what, plant := range map[string]func(path string) error{
			"a fifo":        func(path string) error { return syscall.Mkfifo(path, 0o666) },
			"a link":        func(path string) error { return os.Symlink(elsewhere, path) },
			"a broken link": func(path string) error { return os.Symlink("/nonexistent/x", path) },
			"a folder":      func(path string) error { return os.Mkdir(path, 0o755) },
		} {
			locks := locksOf("linux")
			root := machine(t, locks)
			if err := plant(root + l.path); err != nil {
				t.Fatal(err)
			}
			w, err := atWork(root, locks, time.Now())
			if w != nil || (err == nil) != (l.manager == "pacman") {
				t.Errorf("%s as %s: %+v, %v", what, l.path, w, err)
			}
		}
	}
}

// TestAtWorkUnreadable: one lock that we may not see hides no other that we may.
func TestAtWorkUnreadable(t *testing.T) {
	locks := locksOf("linux")
	root := machine(t, locks)
	denied := func(string, lock, time.Time) (bool, int, error) {
		return false, 0, &os.PathError{Op: "open", Path: "/var/lib/dpkg/lock-frontend", Err: syscall.EACCES}
	}
	locks[0].how = denied
	w, err := atWork(root, locks, time.Now())
	const want = "cannot tell whether apt is at work: open /var/lib/dpkg/lock-frontend: permission denied"
	if w != nil || err == nil || err.Error() != want || !errors.Is(err, os.ErrPermission) {
		t.Errorf("%+v, %v\nwant %s", w, err, want)
	}
	hold(t, "record", root+"/var/lib/rpm/.rpm.lock")
	if w, err := atWork(root, locks, time.Now()); w == nil || w.Manager != "rpm" || err != nil {
		t.Errorf("%+v, %v", w, err)
	}
}

// TestLockFile: pacman's is nothing but there, and a crash leaves it.
func TestLockFile(t *testing.T) {
	locks := locksOf("linux")
	root := machine(t, locks)
	path := root + "/var/lib/pacman/db.lck"
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for age, want := range map[time.Duration]bool{-time.Hour: true, 0: true, maxAge - time.Minute: true, maxAge + time.Minute: false} {
		w, err := atWork(root, locks, time.Now().Add(age))
		if err != nil || (w != nil) != want {
			t.Errorf("after %v: %+v, %v", age, w, err)
		}
	}
}

// TestPIDFile: the number may be stale, and another's by now.
func TestPIDFile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("zypper is there on Linux only")
	}
	locks := locksOf("linux")
	root := machine(t, locks)
	path := root + "/run/zypp.pid"
	self := fmt.Sprintln(os.Getpid())
	for _, tt := range []struct {
		text string
		age  time.Duration // of the file
		want bool
	}{
		{self, 0, true},
		{self, 24 * 365 * 10 * time.Hour, false}, // written before we were there
		{"", 0, false},
		{"0\n", 0, false},
		{"-1\n", 0, false},
		{"4194305\n", 0, false}, // above any
		{"garbage", 0, false},
		{strings.Repeat("1", 1<<16), 0, false},
	} {
		if err := os.WriteFile(path, []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-tt.age)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		w, err := atWork(root, locks, time.Now())
		if err != nil || (w != nil) != tt.want || tt.want && *w != (Work{"zypper", "/run/zypp.pid", os.Getpid()}) {
			t.Errorf("%.20q, %v old: %+v, %v", tt.text, tt.age, w, err)
		}
	}
}

// TestUnknownSystem: nothing is never an answer.
func TestUnknownSystem(t *testing.T) {
	if w, err := atWork("", locksOf("plan9"), time.Now()); w != nil || err == nil {
		t.Errorf("%+v, %v", w, err)
	}
}

// TestThisMachine asks the real one; unless root runs the test, some may be unseen.
func TestThisMachine(t *testing.T) {
	w, err := AtWork("")
	if err != nil && os.Geteuid() == 0 && (runtime.GOOS == "linux" || runtime.GOOS == "freebsd") {
		t.Errorf("%+v, %v", w, err)
	}
}

func TestWords(t *testing.T) {
	for want, w := range map[string]Work{
		"apt is at work (process 7 holds /x)": {"apt", "/x", 7},
		"pacman is at work (/x is locked)":    {"pacman", "/x", 0},
	} {
		if got := w.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
