package rcd

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// whatIHave writes down what a child was given: a subshell looks at the shell,
// which has nothing open but what it got.
const whatIHave = `(
tr '\0' '\n' </proc/$$/environ >"$1/environ"
readlink /proc/$$/cwd >"$1/cwd"
readlink /proc/$$/fd/0 >"$1/stdin"
readlink /proc/$$/fd/1 >"$1/stdout"
readlink /proc/$$/fd/2 >"$1/stderr"
ls /proc/$$/fd >"$1/descriptors"
cut -d' ' -f1,5,6 /proc/$$/stat >"$1/ids"
); exit 0`

// TestStepInherits: a daemon keeps for years what its start was given.
func TestStepInherits(t *testing.T) {
	s, dir := newTestSystem(t), t.TempDir()
	plantDescriptor(t)
	t.Setenv("MAILTO", "root") // cron's
	if err := s.step(within(t), Start, "toy", sh(whatIHave, dir), under()); err != nil {
		t.Fatal(err)
	}
	checkInherited(t, dir, "")
	if got, want := note(t, dir, "descriptors"), "0\n1\n2"; got != want {
		t.Errorf("descriptors %q, want %q", got, want)
	}
	for _, name := range []string{"stdout", "stderr"} {
		if got, want := note(t, dir, name), s.outputs.Path("toy"); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestQueryInherits(t *testing.T) {
	s, dir := newTestSystem(t), t.TempDir()
	t.Setenv("MAILTO", "root")
	if _, err := s.query(within(t), sh(whatIHave, dir)); err != nil {
		t.Fatal(err)
	}
	checkInherited(t, dir, "\nTZ=UTC0")
	if got := note(t, dir, "stdout"); !strings.HasPrefix(got, "pipe:") || got != note(t, dir, "stderr") {
		t.Errorf("stdout is %q, want a pipe that is stderr, too", got)
	}
}

// checkInherited: more is what the environment has besides.
func checkInherited(t *testing.T, dir, more string) {
	t.Helper()
	const environ = "PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin\nHOME=/\nLANG=C"
	for name, want := range map[string]string{"environ": environ + more, "cwd": "/", "stdin": "/dev/null"} {
		if got := note(t, dir, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	ids := strings.Fields(note(t, dir, "ids"))
	if len(ids) != 3 || ids[0] != ids[1] || ids[0] != ids[2] {
		t.Errorf("process, group and session are %q, want one of its own", ids)
	}
}

// plantDescriptor opens what flock(1) around us would leave open: a descriptor
// that is not close-on-exec.
func plantDescriptor(t *testing.T) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
}
