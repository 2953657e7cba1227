package postmortem

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

// An image that the kernel has written tells whose it is.
func TestRealCore(t *testing.T) {
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil || strings.ContainsAny(string(pattern), "|/@") {
		t.Skipf("images are not written where a process works: %q", pattern)
	}
	dir := t.TempDir()
	daemon := exec.Command("/bin/sh", "-c", "ulimit -c unlimited && exec sleep 600")
	daemon.Dir = dir
	began := time.Now()
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = daemon.Process.Kill() }()
	for exe := ""; filepath.Base(exe) != "sleep"; exe, _ = os.Readlink(fmt.Sprintf("/proc/%d/exe", daemon.Process.Pid)) {
		if time.Since(began) > time.Minute {
			t.Fatalf("it executes %q, and not sleep", exe)
		}
		time.Sleep(time.Millisecond)
	}
	if err := daemon.Process.Signal(syscall.SIGSEGV); err != nil {
		t.Fatal(err)
	}
	_ = daemon.Wait()
	if status := daemon.ProcessState.Sys().(syscall.WaitStatus); !status.CoreDump() {
		t.Skipf("no image was written: %v; the hard limit may be 0", daemon.ProcessState)
	}
	d := Dead{
		Executable: "/bin/sleep", Output: filepath.Join(dir, "output"), Processes: []words.Process{{PID: daemon.Process.Pid}},
		From: 0, To: time.Since(began), Wall: time.Now(),
	}
	dumps, err := readCores(t.Context(), d)
	found := coreFindings(dumps, d)
	if err != nil || len(found) != 1 || found[0].Signal != 11 || !strings.HasPrefix(found[0].Next, "gdb /bin/sleep "+dir) {
		t.Errorf("%+v %v", found, err)
	}
}
