package realtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"daemon-keeper/internal/executable"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/words"
)

// tracing is an instance of the test's own, in a tracefs that only the test's thread sees.
func tracing(t *testing.T) postmortem.Tracing {
	t.Helper()
	runtime.LockOSThread() // for good: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := unix.Mount("tracefs", folder, "tracefs", 0, ""); err != nil {
		t.Fatal(err)
	}
	tr := postmortem.Tracing{Folder: folder, Instance: fmt.Sprintf("daemon-keeper-test-%d-%d", os.Getpid(), time.Now().UnixNano())}
	t.Cleanup(func() {
		if err := tr.Off(); err != nil {
			t.Error(err)
		}
		_ = unix.Unmount(folder, unix.MNT_DETACH)
	})
	return tr
}

// record begins to record, with buffers that hold what all other tests of this machine do meanwhile.
func record(t *testing.T, tr postmortem.Tracing) {
	t.Helper()
	if err := tr.On(); err != nil {
		t.Fatal(err)
	}
	for _, instance := range []string{"", "-programs"} {
		size := filepath.Join(tr.Folder, "instances", tr.Instance+instance, "buffer_size_kb")
		if err := os.WriteFile(size, []byte("4096"), 0); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

func uptime(t *testing.T) time.Duration {
	t.Helper()
	up, err := osutil.Uptime()
	if err != nil {
		t.Fatal(err)
	}
	return up
}

// Who has sent a signal is known afterwards: to a process, to a thread's number, and of a
// sender that still lives.
func TestDeathTraced(t *testing.T) {
	Need(t)
	tr := tracing(t)
	for range 2 { // the second time there is nothing to do
		record(t, tr)
	}
	for _, tc := range []struct { // no t.Run: another thread does not see the mount
		name string
		send func(pid int)
		want string // a regular expression
	}{
		{"kill", func(pid int) { runs(t, "/bin/kill", "-TERM", fmt.Sprint(pid)) }, `^killed; SIGTERM was sent by kill\(\d+\): /bin/kill, started by .*realtest\.test\(\d+\) of user root`},
		{"a shell", func(pid int) { runs(t, "/bin/sh", "-c", fmt.Sprintf("kill -KILL %d", pid)) }, `^killed; SIGKILL was sent by sh\(\d+\): /bin/sh, started by .*realtest\.test\(\d+\) of user root`},
		{"pkill", func(pid int) { runs(t, "/usr/bin/pkill", "-HUP", "-F", pidFile(t, pid)) }, `^killed; SIGHUP was sent by pkill\(\d+\): /usr/bin/pkill, started by .*realtest\.test\(\d+\) of user root`},
		{"a script of a script", func(pid int) {
			runs(t, script(t, "outer", script(t, "inner", fmt.Sprintf("/bin/kill -TERM %d; :", pid))+"; :"))
		}, `: /bin/kill, started by .*realtest\.test\(\d+\) of user root.* -> /.*/outer\(\d+\) -> /.*/inner\(\d+\) \(certain`},
		{"who still lives", func(pid int) { _ = syscall.Kill(pid, syscall.SIGINT) }, `: /.*/realtest\.test -test\..* of user root`},
	} {
		daemon := exec.Command("/bin/sleep", "600")
		if err := daemon.Start(); err != nil {
			t.Fatal(err)
		}
		d := postmortem.Dead{Processes: []words.Process{{PID: daemon.Process.Pid}}, From: uptime(t)}
		Until(t, "sleep is executed", func() bool {
			exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", daemon.Process.Pid))
			return filepath.Base(exe) == "sleep"
		})
		tc.send(daemon.Process.Pid)
		_ = daemon.Wait()
		d.To = uptime(t)
		status := daemon.ProcessState.Sys().(syscall.WaitStatus)
		v := verdict(t, tr, d, int(status.Signal()))
		if !regexp.MustCompile(tc.want).MatchString(v.Text) || v.Sure != postmortem.Certain || v.Source != "signal trace" {
			t.Errorf("%s: %+v", tc.name, v)
		}
	}
}

// pidFile holds a number, by which pkill(1) ends that process and no other.
func pidFile(t *testing.T, pid int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pid")
	if err := os.WriteFile(file, []byte(fmt.Sprintln(pid)), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// script is a program of a shell's.
func script(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := executable.WriteFile(file, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func runs(t *testing.T, argv ...string) {
	t.Helper()
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", argv, err, out)
	}
}

// verdict is what the trace and the manager say together.
func verdict(t *testing.T, tr postmortem.Tracing, d postmortem.Dead, signal int) postmortem.Verdict {
	t.Helper()
	found, err := tr.Witness().Ask(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return postmortem.Weigh(&postmortem.Finding{Cause: words.Signalled, Signal: signal, Text: "killed", Main: true, Sure: postmortem.Certain, Source: "the test"}, found)
}
