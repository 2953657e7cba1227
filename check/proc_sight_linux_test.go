package check

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/executable"

	"golang.org/x/sys/unix"
)

// lookAs looks at a path from a process of our own binary that another command
// or attribute has changed, and returns what it says.
func lookAs(t *testing.T, path string, attr *syscall.SysProcAttr, command ...string) string {
	t.Helper()
	if len(command) == 0 {
		command = []string{"/proc/self/exe"} // others may not enter our folder
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), lookEnv+"="+path, "GORACE=atexit_sleep_ms=0") // else it waits for 1 s at its end
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.Is(err, unix.EPERM) || errors.As(err, &exit) && exit.ExitCode() == notAllowed {
		t.Skip("this machine does not allow the case: ", err, string(out))
	}
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return strings.TrimSpace(string(out))
}

func wantSaid(t *testing.T, got, want string) {
	t.Helper()
	if !strings.HasPrefix(got, want) {
		t.Errorf("it says %q, want %q", got, want)
	}
}

// Who may not look at a process cannot tell whether it is the daemon.
func TestUnprivilegedLook(t *testing.T) {
	p := newPlace(t)
	nobodysName := p.install(t, p.dir+"/keeper-other")
	own := p.install(t, p.dir+"/keeper-own")
	run(t, nil, p.path)
	run(t, as(nobody), own)
	clouded := "unknown cannot tell whether "
	wantSaid(t, lookAs(t, p.path, as(nobody)), clouded+p.path)
	wantSaid(t, lookAs(t, nobodysName, as(nobody)), "down")
	wantSaid(t, lookAs(t, own, as(nobody)), "up")
	wantSaid(t, lookAs(t, p.path, nil), "up")
}

// Where the kernel's name is enough, an ordinary user sees what ps shows: not what
// is in a container, and no longer name that begins with the same 15 bytes.
func TestUnprivilegedLookForAName(t *testing.T) {
	p := newPlace(t)
	pid := run(t, nil, p.path)
	got := lookAs(t, p.name, as(nobody))
	wantSaid(t, got, "up <nil>\n"+fmt.Sprintf("process %d may not be looked at: it counts by", pid))
	wantSaid(t, lookAs(t, p.name, nil), "up <nil>")
	wantSaid(t, lookAs(t, p.name+"x", as(nobody)), "down")

	long := p.name + "-of-a-long-name"
	run(t, nil, p.install(t, p.dir+"/"+long+"-indeed"))
	wantSaid(t, lookAs(t, long, as(nobody)), "down")
	wantSaid(t, lookAs(t, long[:15], as(nobody)), "down")
	run(t, nil, p.install(t, p.dir+"/"+long))
	wantSaid(t, lookAs(t, long, as(nobody)), "up <nil>\nprocess ")

	foreign := "f" + p.name
	run(t, in(unix.CLONE_NEWPID), p.install(t, p.dir+"/"+foreign))
	wantSaid(t, lookAs(t, foreign, as(nobody)), "down")

	dead := "d" + p.name
	start(t, exec.Command(p.toy, "zombie", p.install(t, p.dir+"/"+dead)))
	wantSaid(t, lookAs(t, dead, as(nobody)), "down")
}

// Root without CAP_SYS_PTRACE, as in many containers, is no better off.
func TestLookWithoutPtrace(t *testing.T) {
	p := newPlace(t)
	run(t, nil, p.path)
	exe, err := os.Executable()
	must(t, err)
	got := lookAs(t, p.path, nil, "setpriv", "--bounding-set", "-sys_ptrace", exe)
	wantSaid(t, got, "unknown cannot tell whether "+p.path)
}

// Regression: behind an option, the script of a process that may not be looked
// at passed for the option's value, and the process for another daemon.
func TestUnprivilegedLookAtAScript(t *testing.T) {
	needPerl(t)
	p := newPlace(t)
	script := write(t, p.dir, p.script, "#!/usr/bin/perl -T\n"+perlLives, 0o755)
	run(t, nil, "/usr/bin/perl", "-T", script)
	wantSaid(t, lookAs(t, script, as(nobody)), "unknown cannot tell whether "+script)
}

// A zombie is dead for everyone.
func TestUnprivilegedLookAtAZombie(t *testing.T) {
	p := newPlace(t)
	start(t, exec.Command(p.toy, "zombie", p.path))
	wantSaid(t, lookAs(t, p.path, as(nobody)), "down")
}

// A table that hides others' processes is blind.
func TestHidepidIsBlind(t *testing.T) {
	p := newPlace(t)
	run(t, nil, p.path)
	wantSaid(t, lookHidden(t, p, "2"), "unknown cannot trust the process table: ")
}

// Regression: with hidepid=1 all processes are listed but none can be read, each
// passed for ended, and the daemon for dead.
func TestHidepid1IsUnknown(t *testing.T) {
	p := newPlace(t)
	run(t, nil, p.path)
	wantSaid(t, lookHidden(t, p, "1"), "unknown")
}

// lookHidden looks at the daemon as nobody, through a proc file system that
// hides what is not nobody's.
func lookHidden(t *testing.T, p place, hidepid string) string {
	t.Helper()
	exe, err := os.ReadFile("/proc/self/exe")
	must(t, err)
	must(t, executable.WriteFile(p.dir+"/looker", exe, 0o755))
	return lookAs(t, p.path, in(unix.CLONE_NEWNS), p.toy,
		"private", "hidepid", hidepid, "user", strconv.Itoa(nobody), "exec", p.dir+"/looker")
}

// The table of another PID namespace is none to judge by.
func TestAnotherNamespacesProcIsBlind(t *testing.T) {
	p := newPlace(t)
	got := lookAs(t, p.path, in(unix.CLONE_NEWPID))
	wantSaid(t, got, "unknown cannot trust the process table: /proc belongs to another PID namespace")
}

// We never count ourselves, nor another process of our own program, which we
// cannot be told to keep.
func TestRealOwnProcess(t *testing.T) {
	newPlace(t)
	exe, err := os.Executable()
	must(t, err)
	wantReal(t, verdict(t, Spec{Executable: exe, Rule: true}), os.Getpid(), Up, Own)
	wantSaid(t, lookAs(t, exe, nil), "unknown cannot keep")
}

// A stray $HOST_PROC redirects nothing.
func TestHostProcIsIgnored(t *testing.T) {
	p := newPlaceAlone(t)
	pid := run(t, nil, p.path)
	t.Setenv("HOST_PROC", t.TempDir())
	wantReal(t, verdict(t, Spec{Executable: p.path}), pid, Up, counts)
}

// A folder that is not a proc file system, or not ours, is blind.
func TestProcThatIsNotOurs(t *testing.T) {
	dir := t.TempDir()
	table := proctable.At(dir, proctable.Directly())
	var blind *proctable.BlindError
	if pids, err := table.PIDs(t.Context()); !errors.As(err, &blind) {
		t.Errorf("an empty folder: %v, %v", pids, err)
	}
	link(t, "1", dir+"/self")
	if pids, err := table.PIDs(t.Context()); !errors.As(err, &blind) {
		t.Errorf("another's: %v, %v", pids, err)
	}
	must(t, os.Remove(dir+"/self"))
	link(t, strconv.Itoa(os.Getpid()), dir+"/self")
	must(t, os.Mkdir(dir+"/1", 0o755))
	if pids, err := table.PIDs(t.Context()); err != nil || len(pids) != 1 {
		t.Errorf("ours: %v, %v", pids, err)
	}
	if pids, err := proctable.At(dir+"/nosuch", proctable.Directly()).PIDs(t.Context()); err == nil {
		t.Errorf("no folder: %v", pids)
	}
}

// Regression: a status that could not be read for another reason than the
// process's end (EMFILE, EACCES) passed for one, and so the daemon for dead. It is that
// row's trouble, and nobody else's.
func TestUnreadableStatusIsATrouble(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(dir+"/100/status", 0o755)) // EISDIR
	p, err := proctable.At(dir, proctable.Directly()).Examine(100, "/usr/sbin/x", nil, proctable.AsksAll(func(proctable.Process) bool { return false }))
	if err != nil || !p.Denied || !p.Nowhere || p.Exe != "/usr/sbin/x" || !strings.Contains(p.Trouble, "is a directory") {
		t.Errorf("%+v, error %v", p, err)
	}
	_, err = proctable.At(dir, proctable.Directly()).Examine(101, "/usr/sbin/x", nil, proctable.AsksAll(func(proctable.Process) bool { return false }))
	if !errors.Is(err, proctable.ErrGone) {
		t.Errorf("ended: error %v", err)
	}
}
