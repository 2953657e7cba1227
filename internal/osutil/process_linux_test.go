package osutil

import (
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// A signal reaches the process that is held, and none once that has ended: not even
// before its parent has taken note, and not whoever has its number then.
func TestProcess(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	p, err := OpenProcess(cmd.Process.Pid)
	if errors.Is(err, ErrNoHold) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if ended, err := p.Ended(); ended || err != nil {
		t.Fatalf("%v, %v", ended, err)
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for ended := false; !ended; time.Sleep(time.Millisecond) {
		if ended, err = p.Ended(); err != nil || time.Now().After(deadline) {
			t.Fatalf("it has not ended: %v", err)
		}
	}
	_ = cmd.Wait()
	if state := cmd.ProcessState.Sys().(syscall.WaitStatus); state.Signal() != syscall.SIGTERM {
		t.Errorf("%v", cmd.ProcessState)
	}
	if err := p.Signal(syscall.SIGTERM); !errors.Is(err, ErrEnded) {
		t.Errorf("a signal to what has ended: %v", err)
	}
	if ended, err := p.Ended(); !ended || err != nil {
		t.Errorf("%v, %v", ended, err)
	}
	if _, err := OpenProcess(1 << 30); err == nil {
		t.Error("a number that no process has")
	}
}
