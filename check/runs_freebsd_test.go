package check

import (
	"os/exec"
	"slices"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
)

// A process is known again by its number and its start; it is as old as it is, and
// its threads have numbers of their own and its name.
func TestRuns(t *testing.T) {
	exe, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	cmd := exec.Command(exe, "100")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	after := time.Now()
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	pid := cmd.Process.Pid
	earliest := time.Since(after)
	s, err := lookNow(t.Context(), []Spec{{Executable: exe}}, Options{Remember: true, Full: true})
	latest := time.Since(before)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(s.Processes, func(p proctable.Process) bool { return p.PID == pid })
	if i < 0 {
		t.Fatal("it is not there")
	}
	const rounding = 20 * time.Millisecond // the kernel's clock, getmicrouptime(9), goes in steps
	u := s.Processes[i].Usage
	if u.Start == 0 || u.Age < earliest-rounding || u.Age > latest+rounding || u.CPU > time.Minute || len(u.Threads) != 1 || u.Threads[0] <= 99999 {
		t.Errorf("%+v, age between %v and %v", u, earliest, latest)
	}
	if threads := proctable.New(proctable.Directly()).Threads(pid); len(threads) != 1 || threads[0].ID != u.Threads[0] || threads[0].Name != "sleep" {
		t.Errorf("%+v", threads)
	}
	if runs, err := proctable.Runs(pid, u.Start); !runs || err != nil {
		t.Errorf("%v, %v", runs, err)
	}
	if runs, err := proctable.Runs(pid, u.Start+1); runs || err != nil {
		t.Errorf("another start: %v, %v", runs, err)
	}
	if runs, err := proctable.Runs(u.Threads[0], u.Start); runs || err != nil {
		t.Errorf("a thread: %v, %v", runs, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if runs, err := proctable.Runs(pid, u.Start); runs || err != nil {
		t.Errorf("after its end: %v, %v", runs, err)
	}
}
