package realtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/executable"

	"golang.org/x/sys/unix"
)

// tracedKeeper is the program with a configuration in the default's place, in mounts that
// only the test's thread sees, and an instance of the test's own.
type tracedKeeper struct {
	t                        *testing.T
	dir, program, folder, id string
}

func newTracedKeeper(t *testing.T) *tracedKeeper {
	t.Helper()
	k := &tracedKeeper{t: t, folder: "/sys/kernel/tracing"}
	tr := tracing(t)
	k.id = tr.Instance
	k.dir = t.TempDir()
	content, err := buildKeeper()
	k.check(err)
	k.check(unix.Mount("tmpfs", k.dir, "tmpfs", 0, "mode=0755"))
	for _, dir := range []string{"upper", "work", "state", "run"} {
		k.check(os.Mkdir(filepath.Join(k.dir, dir), 0o700))
	}
	k.check(os.Chmod(filepath.Join(k.dir, "upper"), 0o755))
	k.program = filepath.Join(k.dir, "daemon-keeper")
	k.check(executable.WriteFile(k.program, []byte(content), 0o755))
	k.check(unix.Mount("overlay", "/etc", "overlay", 0, fmt.Sprintf("lowerdir=/etc,upperdir=%[1]s/upper,workdir=%[1]s/work", k.dir)))
	k.check(unix.Mount("tracefs", k.folder, "tracefs", 0, ""))
	t.Cleanup(func() {
		for _, target := range []string{k.folder, "/etc", k.dir} {
			_ = unix.Unmount(target, unix.MNT_DETACH)
		}
	})
	return k
}

func (k *tracedKeeper) check(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// run runs the program over a daemon that is up, which is the test itself, and returns what
// it says and how many system calls have named tracefs.
func (k *tracedKeeper) run(top string) (said string, calls int) {
	k.t.Helper()
	self, err := os.Executable()
	k.check(err)
	k.check(os.WriteFile("/etc/daemon-keeper.yaml", []byte(top+"daemons:\n  self: {executable: "+self+", services: [self]}\n"), 0o600))
	record := filepath.Join(k.dir, "strace")
	ctx, cancel := context.WithTimeout(k.t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "strace", "-f", "-s", "300", "-o", record, k.program, "--service-command", "/bin/true",
		"--run-dir", k.dir+"/run", "--state-dir", k.dir+"/state", "--no-syslog", "-v")
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DAEMON_KEEPER_TRACE=" + k.id}
	out, err := cmd.CombinedOutput()
	if err != nil {
		k.t.Fatalf("%v\n%s", err, out)
	}
	trace, err := os.ReadFile(record)
	k.check(err)
	return string(out), strings.Count(string(trace), `"`+k.folder)
}

// is reports which of the two instances there are.
func (k *tracedKeeper) is() string {
	k.t.Helper()
	var list []string
	for _, name := range []string{k.id, k.id + "-programs"} {
		switch _, err := os.Lstat(filepath.Join(k.folder, "instances", name)); {
		case err == nil:
			list = append(list, strings.TrimPrefix(name, k.id)+"!")
		case !errors.Is(err, fs.ErrNotExist):
			k.t.Fatal(err)
		}
	}
	return strings.Join(list, " ")
}

// The key sets the trace up, and that it is gone removes it; a run that has nothing to do
// makes one call. What is not ours is refused, once, and left as it is.
func TestTraceKey(t *testing.T) {
	Need(t)
	k := newTracedKeeper(t)
	const on = "trace_signals: true\n"
	for _, step := range []struct {
		name, top, want string
		calls           int // -1: not counted
	}{
		{"off from the beginning", "", "", 1},
		{"switched on", on, "! -programs!", -1},
		{"on", on, "! -programs!", 1},
		{"switched off", "", "", -1},
		{"off", "", "", 1},
	} {
		said, calls := k.run(step.top)
		if got := k.is(); got != step.want || step.calls >= 0 && calls != step.calls || strings.Contains(said, "trace") {
			t.Errorf("%s: there is %q, want %q; %d calls, want %d\n%s", step.name, got, step.want, calls, step.calls, said)
		}
	}

	ours := filepath.Join(k.folder, "instances", k.id)
	k.check(os.Mkdir(ours, 0o700))
	k.check(os.Chown(ours, 1, 1))
	k.refused("belongs to another user")
	if k.is() != "!" {
		t.Errorf("another user's instance: there is %q", k.is())
	}
	k.check(os.Remove(ours))

	k.check(unix.Mount("tmpfs", k.folder, "tmpfs", 0, ""))
	defer func() { _ = unix.Unmount(k.folder, unix.MNT_DETACH) }()
	k.refused("tracefs is not mounted")
	target := filepath.Join(k.dir, "target")
	k.check(os.Mkdir(target, 0o700))
	k.check(os.Mkdir(filepath.Join(k.folder, "instances"), 0o700))
	k.check(os.Symlink(target, ours))
	k.refused("it is not a folder")
	if list, err := os.ReadDir(target); err != nil || len(list) > 0 {
		t.Errorf("behind the link: %v, %v", list, err)
	}
}

// refused expects that it is said once, and again only after the key was gone.
func (k *tracedKeeper) refused(why string) {
	k.t.Helper()
	const on = "trace_signals: true\n"
	for i, step := range []struct {
		top  string
		said bool
	}{{on, true}, {on, false}, {"", false}, {on, true}, {"", false}} {
		if said, _ := k.run(step.top); strings.Contains(said, why) != step.said {
			k.t.Errorf("%s: run %d says %q", why, i, said)
		}
	}
}
