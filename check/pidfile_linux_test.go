package check

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pidFileTexts looks at a daemon and its pidfile, and returns what is wrong with
// the latter.
func pidFileTexts(t *testing.T, path string, file PIDFile) []string {
	t.Helper()
	v := verdict(t, Spec{Executable: path, PIDFile: &file})
	var texts []string
	for _, f := range v.Faults {
		if f.Aspect != PIDFiles {
			continue
		}
		text, isNamed := strings.CutPrefix(f.Text, file.Path+" ")
		if !isNamed || f.Severity != Warn {
			t.Errorf("%+v", f)
		}
		texts = append(texts, text)
	}
	return texts
}

func wantTexts(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What real pidfiles hold, and what is said of them.
func TestRealPIDFile(t *testing.T) {
	is := func(p place, pid int) string { return fmt.Sprintf("(pid %d %s of user 0)", pid, p.path) }
	number := func(t *testing.T, path string, n int) {
		write(t, filepath.Dir(path), filepath.Base(path), strconv.Itoa(n), 0o644)
	}
	for _, tc := range []struct {
		name  string
		start func(t *testing.T, p place, file string) (want string)
	}{
		{"its own", func(t *testing.T, p place, file string) string {
			run(t, nil, p.path, "pidfile", file)
			return ""
		}},
		{"written by another hand, with a line end", func(t *testing.T, p place, file string) string {
			write(t, p.dir+"/run", "pid", strconv.Itoa(run(t, nil, p.path))+"\n", 0o600)
			return ""
		}},
		{"another user's", func(t *testing.T, p place, file string) string {
			run(t, as(stranger), p.path, "pidfile", file)
			must(t, os.Chmod(file, 0o600))
			return ""
		}},
		{"its supervisor's", func(t *testing.T, p place, file string) string {
			start(t, exec.Command(p.toy, "pidfile", file, "spawn", p.path))
			return ""
		}},
		{"missing", func(t *testing.T, p place, _ string) string {
			run(t, nil, p.path)
			return "is missing"
		}},
		{"its folder is missing", func(t *testing.T, p place, _ string) string {
			run(t, nil, p.path)
			must(t, os.RemoveAll(p.dir+"/run"))
			return "is missing"
		}},
		{"its folder is a file", func(t *testing.T, p place, _ string) string {
			run(t, nil, p.path)
			must(t, os.RemoveAll(p.dir+"/run"))
			write(t, p.dir, "run", "", 0o644)
			return "cannot be read: not a directory"
		}},
		{"a thread's", func(t *testing.T, p place, file string) string {
			pid := run(t, nil, p.path, "thread", file)
			text, err := os.ReadFile(file)
			must(t, err)
			if _, err := os.Stat(fmt.Sprintf("/proc/%d/task/%s", pid, text)); err != nil || string(text) == strconv.Itoa(pid) {
				t.Fatalf("%s is not a thread of %d: %v", text, pid, err)
			}
			return fmt.Sprintf("holds %s, which is a thread of %s(%d)", text, p.name, pid)
		}},
		{"a thread's of another program, and the daemon is down", func(t *testing.T, p place, file string) string {
			pid := run(t, nil, p.toy, "thread", file)
			text, err := os.ReadFile(file)
			must(t, err)
			return fmt.Sprintf("holds %s, which is a thread of toy(%d)", text, pid)
		}},
		{"another program's", func(t *testing.T, p place, file string) string {
			pid, other := run(t, nil, p.path), run(t, nil, p.toy, "pidfile", file)
			return fmt.Sprintf("holds %d, which is toy and not the daemon %s", other, is(p, pid))
		}},
		{"another program's, and the daemon is down", func(t *testing.T, p place, file string) string {
			return fmt.Sprintf("holds %d, which is toy and not the daemon", run(t, nil, p.toy, "pidfile", file))
		}},
		{"a dead daemon's", func(t *testing.T, p place, file string) string {
			dead := exec.Command(p.path, "pidfile", file, "exit")
			must(t, dead.Run())
			pid := run(t, nil, p.path)
			return fmt.Sprintf("holds %d, and there is no such process (the daemon is %s", dead.Process.Pid, is(p, pid)[1:])
		}},
		{"a dead daemon's, and it is down", func(t *testing.T, p place, file string) string {
			must(t, exec.Command(p.path, "pidfile", file, "exit").Run())
			return ""
		}},
		{"a zombie's", func(t *testing.T, p place, file string) string {
			_, child := start(t, exec.Command(p.toy, "zombie", p.path))
			number(t, file, child)
			pid := run(t, nil, p.path)
			return fmt.Sprintf("holds %d, which is a zombie (the daemon is %s", child, is(p, pid)[1:])
		}},
		{"its leader is dead, its threads are not", func(t *testing.T, p place, file string) string {
			pid := run(t, nil, p.path, "pidfile", file, "leader-exits")
			eventually(t, "the leader is dead", func() bool { return statusOf(t, pid).State == 'Z' })
			return ""
		}},
		{"a number that no process can have", func(t *testing.T, p place, file string) string {
			pid := run(t, nil, p.path)
			number(t, file, 2147483647)
			return "holds 2147483647, and there is no such process (the daemon is " + is(p, pid)[1:]
		}},
		{"just made", func(t *testing.T, p place, file string) string {
			run(t, nil, p.path)
			write(t, p.dir+"/run", "pid", "", 0o644)
			must(t, os.Chtimes(file, time.Time{}, time.Now()))
			return ""
		}},
		{"empty", func(t *testing.T, p place, file string) string {
			run(t, nil, p.path)
			write(t, p.dir+"/run", "pid", "", 0o644)
			must(t, os.Chtimes(file, time.Time{}, time.Now().Add(-time.Minute)))
			return "is empty"
		}},
		{"a secret", func(t *testing.T, p place, file string) string {
			run(t, nil, p.path)
			write(t, p.dir+"/run", "pid", "root:$6$salt$hash:19000:0:99999:7:::\n", 0o600)
			return "holds no process id"
		}},
		{"a link, though to the right number", func(t *testing.T, p place, file string) string {
			link(t, write(t, p.dir, "real", strconv.Itoa(run(t, nil, p.path)), 0o644), file)
			return "is a symbolic link, which is not followed"
		}},
		{"in a linked folder", func(t *testing.T, p place, file string) string {
			run(t, nil, p.path, "pidfile", file)
			must(t, os.Rename(p.dir+"/run", p.dir+"/elsewhere"))
			link(t, p.dir+"/elsewhere", p.dir+"/run")
			return ""
		}},
		{"a FIFO without a writer", func(t *testing.T, p place, file string) string {
			run(t, nil, p.path)
			must(t, unix.Mkfifo(file, 0o644))
			return "is not a regular file"
		}},
		{"a folder", func(t *testing.T, p place, file string) string {
			run(t, nil, p.path)
			must(t, os.Mkdir(file, 0o755))
			return "is not a regular file"
		}},
		{"a socket", func(t *testing.T, p place, file string) string {
			run(t, nil, p.path, "greet", "unix", file, "731")
			return "cannot be read: no such device or address"
		}},
	} {
		for _, locked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, locked %v", tc.name, locked), func(t *testing.T) {
				p := newPlace(t)
				must(t, os.Mkdir(p.dir+"/run", 0o777))
				must(t, os.Chmod(p.dir+"/run", 0o777))
				file := p.dir + "/run/pid"
				want := tc.start(t, p, file)
				got := pidFileTexts(t, p.path, PIDFile{file, locked})
				if locked && len(got) > 0 && strings.HasPrefix(got[len(got)-1], "is not locked by the daemon (pid ") {
					got = got[:len(got)-1] // true as well: see TestRealPIDFileLock
				}
				if len(got) == 0 && want == "" {
					return
				}
				wantTexts(t, got, want)
			})
		}
	}
}

// What the kernel makes up as it is read cannot be a pidfile, yet does no harm.
func TestRealPIDFileOfTheKernel(t *testing.T) {
	p := newPlace(t)
	run(t, nil, p.path)
	for path, want := range map[string]string{
		"/proc/self/mem":     "cannot be read: input/output error",
		"/proc/self/cmdline": "holds no process id",
		"/dev/null":          "is not a regular file",
		"/proc/self/fd/0":    "is a symbolic link, which is not followed",
		"/dev/zero":          "is not a regular file",
	} {
		wantTexts(t, pidFileTexts(t, p.path, PIDFile{Path: path}), want)
	}
}

// A pidfile that we may not read says nothing.
func TestRealPIDFileUnreadable(t *testing.T) {
	p := newPlace(t)
	file := write(t, p.dir, "pid", "731", 0o600)
	got := make(chan pidText)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its rights
		unix.SetfsuidRetUid(stranger)
		got <- readPIDText(file)
	}()
	if r, want := <-got, (pidText{Path: file, Resolved: file, Trouble: "cannot be read: permission denied"}); r != want {
		t.Errorf("%+v, want %+v", r, want)
	}
}

func textsOf(faults []Fault, path string) []string {
	var texts []string
	for _, f := range faults {
		texts = append(texts, strings.TrimPrefix(f.Text, path+" "))
	}
	return texts
}
