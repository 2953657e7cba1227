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

// The leader of a group whose threads live on looks like a zombie.
func TestParseStatOfZombie(t *testing.T) {
	for text, ended := range map[string]bool{
		"7 (a b) ) S 1 7 7 0 -1 4194560 1 2 3 4 100 50 0 0 20 0 1 0 4711 0 0": false,
		"7 (a) Z 1 7 7 0 -1 4194560 1 2 3 4 100 50 0 0 20 0 1 0 4711 0 0":     true,
		"7 (a) X 1 7 7 0 -1 4194560 1 2 3 4 100 50 0 0 20 0 1 0 4711 0 0":     true,
		"7 (a) Z 1 7 7 0 -1 4194560 1 2 3 4 100 50 0 0 20 0 2 0 4711 0 0":     false,
	} {
		if got, err := parseStat([]byte(text)); got != (Times{1500 * time.Millisecond, 4711, ended}) || err != nil {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}
