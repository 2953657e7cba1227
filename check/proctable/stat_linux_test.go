package proctable

import (
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// A zombie has ended, though nobody may ever wait for it: in a container whose first
// process does not, the next run waited its whole time for a command that was over.
func TestRunsOfZombie(t *testing.T) {
	cmd := exec.Command("sleep", "100")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	pid := cmd.Process.Pid
	start, err := Started(pid)
	if err != nil {
		t.Fatal(err)
	}
	if runs, err := Runs(pid, start); !runs || err != nil {
		t.Errorf("before: %v, %v", runs, err)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		runs, err := Runs(pid, start)
		if err != nil {
			t.Fatal(err)
		}
		if !runs {
			break
		}
		if time.Now().After(end) {
			t.Fatal("a zombie runs")
		}
	}
	if again, err := Started(pid); again != start || err != nil {
		t.Errorf("it was to be a zombie, but it is gone: %v, %v", again, err)
	}
}
