package check

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
)

// What real numbers belong to: a process, its thread, a zombie, nobody, the kernel.
func TestNumbered(t *testing.T) {
	p := newPlace(t)
	must(t, os.Mkdir(p.dir+"/run", 0o777))
	file := p.dir + "/run/pid"
	numbered := func(number int) proctable.Numbered {
		t.Helper()
		n, known := proctable.Lookup(number)
		if !known {
			t.Fatalf("%d is not known", number)
		}
		return n
	}

	pid := run(t, nil, p.path, "thread", file)
	text, err := os.ReadFile(file)
	must(t, err)
	thread, err := strconv.Atoi(string(text))
	must(t, err)
	if n := numbered(pid); n.Process.PID != pid || n.IsThread || n.Kernel || n.Process.Exe != p.path {
		t.Errorf("its own number: %+v", n)
	}
	if n := numbered(thread); n.Process.PID != pid || !n.IsThread || n.Thread == "" || n.Process.Exe != p.path {
		t.Errorf("a thread's: %+v", n)
	}
	now := time.Now()
	up, err := osutil.Uptime()
	must(t, err)
	if at := proctable.StartTime(startOf(t, numbered(pid).Process.PID), now, up); now.Sub(at) < 0 || now.Sub(at) > time.Minute {
		t.Errorf("it has started %v ago", now.Sub(at))
	}

	_, zombie := start(t, exec.Command(p.toy, "zombie", p.path))
	if n := numbered(zombie); n.Process.PID != zombie || !n.Process.Zombie || n.Kernel {
		t.Errorf("a zombie's: %+v", n)
	}
	dead := exec.Command(p.path, "exit")
	must(t, dead.Run())
	if n := numbered(dead.Process.Pid); n.Process.PID != 0 {
		t.Errorf("nobody's: %+v", n)
	}
	if comm, err := os.ReadFile("/proc/2/comm"); err == nil && strings.HasPrefix(string(comm), "kthreadd") {
		if n := numbered(2); !n.Kernel || n.Process.Name != "kthreadd" {
			t.Errorf("the kernel's: %+v", n)
		}
	}
	if err := proctable.Sight(t.Context()); err != nil {
		t.Error(err)
	}
}

func startOf(t *testing.T, pid int) uint64 {
	t.Helper()
	start, err := proctable.Started(pid)
	must(t, err)
	return start
}

func TestStartTime(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for start, want := range map[uint64]string{
		0:         "",
		1:         fmt.Sprint(now.Add(-time.Hour + tick)),
		360_000:   fmt.Sprint(now),
		1_000_000: "", // of a boot that was longer
	} {
		got := ""
		if at := proctable.StartTime(start, now, time.Hour); !at.IsZero() {
			got = fmt.Sprint(at)
		}
		if got != want {
			t.Errorf("%d: %s, want %s", start, got, want)
		}
	}
}
