package realtest

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// trace is what a machine could leave on the host.
type trace struct {
	namespace fs.FileInfo // of its processes: what /proc/PID/ns/pid leads to
	group     string      // its cgroup, "" if it has none of its own
}

func traceOf(t *testing.T, pid int) (tr trace) {
	t.Helper()
	proc := "/proc/" + strconv.Itoa(pid)
	// While the file is open, no other namespace gets the number of this one: namespaces(7).
	namespace, err := os.Open(proc + "/ns/pid")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { namespace.Close() })
	if tr.namespace, err = namespace.Stat(); err != nil {
		t.Fatal(err)
	}
	groups, err := os.ReadFile(proc + "/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(groups)) {
		if _, name, ok := strings.Cut(line, "/daemon-keeper-test."); ok {
			name, _, _ = strings.Cut(name, "/")
			tr.group = "daemon-keeper-test." + strings.TrimSpace(name)
		}
	}
	return tr
}

// left names what is still there.
func (tr trace) left(t *testing.T) (left []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/ns/pid")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		// A process that ended meanwhile has no link and is not left.
		if ns, err := os.Stat(link); err == nil && os.SameFile(ns, tr.namespace) {
			left = append(left, link)
		}
	}
	if tr.group == "" {
		return left
	}
	err = filepath.WalkDir("/sys/fs/cgroup", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == tr.group {
			left = append(left, path)
		}
		return nil // others' groups come and go
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// When a test has ended, no process, cgroup or mount of its machines is left.
func TestNothingIsLeft(t *testing.T) {
	Need(t)
	tree := Tree(t)
	for name, start := range map[string]func(testing.TB, string, ...*Layer) *Machine{"Boot": Boot, "BootHybrid": BootHybrid, "Enter": Enter} {
		var machine trace
		var folder string
		t.Run(name, func(t *testing.T) {
			m := start(t, tree, toyLayer(t, tree))
			machine, folder = traceOf(t, m.pid), filepath.Dir(m.console)
			if name != "Enter" && machine.group == "" {
				t.Error("systemd has no cgroup of its own")
			}
			m.Start(t, toy, "1001")
			m.Must(t, "sh", "-c", "setsid "+toy+" 1002 &")
			Until(t, "both run", func() bool { return len(m.Pids(t, toy)) == 2 })
			if len(machine.left(t)) < 3 {
				t.Error("this test does not see the machine")
			}
		})
		if left := machine.left(t); len(left) > 0 {
			t.Errorf("%s left %q", name, left)
		}
		if _, err := os.Stat(folder); err == nil {
			t.Errorf("%s left %s", name, folder)
		}
		mounts, err := os.ReadFile("/proc/self/mounts")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(mounts), folder) {
			t.Errorf("%s left a mount on %s", name, folder)
		}
	}
}

// bootForParent makes TestKilledTestLeavesNothing's child a test that boots and waits.
const bootForParent = "DAEMON_KEEPER_REALTEST_BOOT"

// A test process that dies by kill -9 takes its machine along.
func TestKilledTestLeavesNothing(t *testing.T) {
	Need(t)
	tree := Tree(t)
	if os.Getenv(bootForParent) != "" {
		fmt.Printf("pid %d\n", Boot(t, tree).pid)
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledTestLeavesNothing$")
	// Its temporary folder outlives it, for nobody is left to remove it.
	cmd.Env = append(os.Environ(), bootForParent+"=1", "TMPDIR="+t.TempDir())
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	pid := 0
	for lines := bufio.NewScanner(stdout); pid == 0 && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "pid %d", &pid)
	}
	if pid == 0 {
		t.Fatal("the child has not booted")
	}
	machine := traceOf(t, pid)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	var left []string
	defer func() {
		if len(left) > 0 {
			t.Logf("left: %q", left)
		}
	}()
	Until(t, "nothing is left of the machine", func() bool {
		left = machine.left(t)
		return len(left) == 0
	})
}
