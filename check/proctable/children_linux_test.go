package proctable

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A real process knows its children, and one that has none has none.
func TestRealChildren(t *testing.T) {
	table := At("/proc", Directly())
	self := strconv.Itoa(os.Getpid())
	if _, err := os.Stat("/proc/" + self + "/task/" + self + "/children"); err != nil {
		t.Skip("this kernel does not tell the children of a process")
	}
	cmd := exec.Command("sh", "-c", "sleep 600 & sleep 600 & wait")
	must(t, cmd.Start())
	t.Cleanup(func() {
		for _, pid := range table.children(cmd.Process.Pid) {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var got []int
	for deadline := time.Now().Add(time.Minute); len(got) < 2 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		got = table.children(cmd.Process.Pid)
	}
	if len(got) != 2 || slices.Contains(got, cmd.Process.Pid) {
		t.Fatalf("the children are %v", got)
	}
	if list := table.children(got[0]); list != nil {
		t.Errorf("sleep has the children %v", list)
	}
	if list := table.children(1 << 30); list != nil {
		t.Errorf("no process has the children %v", list)
	}
}
