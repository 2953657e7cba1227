package realtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What the trace costs: 100,000 signals and 2,000 starts of a program with it against as
// many without, by turns, in processor time. The figures are for docs/cost.md; a limit
// is only what would be a fault.
func TestTraceCost(t *testing.T) {
	Need(t)
	tr := tracing(t)
	daemon := exec.Command("/bin/sh", "-c", "trap '' TERM; echo; exec sleep 600")
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = daemon.Process.Kill(); _ = daemon.Wait() }()
	if _, err := out.Read(make([]byte, 1)); err != nil { // it ignores the signal now
		t.Fatal(err)
	}
	Until(t, "sleep is executed", func() bool {
		exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", daemon.Process.Pid))
		return filepath.Base(exe) == "sleep"
	})
	const rounds = 20
	var signals, starts [2]time.Duration
	for i := range 2 * rounds {
		on := i % 2
		switch set := []func() error{tr.Off, tr.On}[on]; {
		case set() != nil:
			t.Fatal("cannot switch the trace")
		}
		began := spent(t)
		for range 100_000 / rounds {
			if err := syscall.Kill(daemon.Process.Pid, syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
		}
		signals[on] += spent(t) - began
		began = spent(t)
		for range 2000 / rounds {
			if err := exec.Command("/bin/true").Run(); err != nil {
				t.Fatal(err)
			}
		}
		starts[on] += spent(t) - began
	}
	for what, took := range map[string][2]time.Duration{"100,000 signals": signals, "2,000 starts of a program": starts} {
		ratio := float64(took[1]) / float64(took[0])
		t.Logf("%s: %s with the trace, %s without: %.3f times", what, took[1], took[0], ratio)
		if ratio > 5 {
			t.Errorf("%s: %.2f times", what, ratio)
		}
	}
}

// spent is the processor time of this process and its children.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var sum time.Duration
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}
