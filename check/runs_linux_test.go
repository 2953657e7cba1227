package check

import (
	"os/exec"
	"slices"
	"testing"

	"daemon-keeper/check/proctable"
)

// A process is known again by its number and its start, which do not change.
func TestRuns(t *testing.T) {
	cmd := exec.Command("sleep", "100")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exe, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	s, err := lookNow(t.Context(), []Spec{{Executable: exe}}, Options{Remember: true, Full: true})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(s.Processes, func(p proctable.Process) bool { return p.PID == cmd.Process.Pid })
	if i < 0 {
		t.Fatal("it is not there")
	}
	u := s.Processes[i].Usage
	if u.Start == 0 || !slices.Equal(u.Threads, []int{cmd.Process.Pid}) {
		t.Errorf("%+v", u)
	}
	if runs, err := proctable.Runs(cmd.Process.Pid, u.Start); !runs || err != nil {
		t.Errorf("%v, %v", runs, err)
	}
	if runs, err := proctable.Runs(cmd.Process.Pid, u.Start+1); runs || err != nil {
		t.Errorf("another start: %v, %v", runs, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if runs, err := proctable.Runs(cmd.Process.Pid, u.Start); runs || err != nil {
		t.Errorf("after its end: %v, %v", runs, err)
	}
}
