package realtest

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

//go:embed boot.sh
var bootScript string

// dropped are the capabilities that no process inside has, because what they
// open is the host's own: its clock, its kernel, and its kernel log, which the
// rsyslog inside would otherwise eat.
const dropped = "-sys_time,-sys_module,-sys_rawio,-syslog"

// environ is what every command inside gets, and all it gets: root's on Debian.
func environ() []string {
	return []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "LANG=C", "TERM=dumb",
	}
}

// Machine is a Debian of its own in namespaces. It ends with the test.
type Machine struct {
	pid     int    // of its PID 1, as seen from here
	console string // a file here: what the boot, PID 1 and Start's commands wrote
	ended   chan struct{}
	started sync.WaitGroup // what Start runs
}

// Boot starts a machine whose PID 1 is systemd, and waits until all that is
// enabled has started (or failed: see systemctl --failed). Of two layers the
// later lies above. The network is private and has no way out.
func Boot(t testing.TB, tree string, layers ...*Layer) *Machine {
	t.Helper()
	return boot(t, "systemd", tree, layers)
}

// BootHybrid is Boot with a memory controller where the host has one, so that MemoryMax=
// works: often only in a hierarchy of version 1, cgroups(7).
func BootHybrid(t testing.TB, tree string, layers ...*Layer) *Machine {
	t.Helper()
	return boot(t, "hybrid", tree, layers)
}

func boot(t testing.TB, mode, tree string, layers []*Layer) *Machine {
	t.Helper()
	m := start(t, mode, tree, layers)
	Until(t, "systemd is running or degraded", func() bool {
		state, _ := m.Run(t, "systemctl", "is-system-running")
		return state == "running\n" || state == "degraded\n"
	})
	return m
}

// Enter starts a machine whose PID 1 does nothing but reap, in which nothing
// else runs: for System V scripts, and cron or a syslogd without systemd.
func Enter(t testing.TB, tree string, layers ...*Layer) *Machine {
	t.Helper()
	return start(t, "idle", tree, layers)
}

func start(t testing.TB, mode, tree string, layers []*Layer) *Machine {
	t.Helper()
	Need(t)
	lower, err := stack(tree, layers)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	m := &Machine{console: filepath.Join(dir, "console"), ended: make(chan struct{})}
	script, scratch := filepath.Join(dir, "boot.sh"), filepath.Join(dir, "scratch")
	console, err := os.OpenFile(m.console, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err == nil {
		defer console.Close()
		err = errors.Join(os.WriteFile(script, []byte(bootScript), 0o600), os.Mkdir(scratch, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	ready, tell, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()

	cmd := exec.Command("sh", script, "hold", mode, dropped, scratch, lower)
	cmd.Env = environ()
	cmd.Stdout, cmd.Stderr = console, console
	cmd.ExtraFiles = []*os.File{tell} // descriptor 3
	// Not in our process group, so that Ctrl-C ends the test, and only the
	// test's death ends the script: it cleans up, even after our own kill -9.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	started := make(chan error, 1)
	go func() {
		// The signal comes when the thread that forked ends, not the process:
		// keep that thread until the script has ended.
		runtime.LockOSThread()
		defer close(m.ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how PID 1 ended is nobody's concern
		}
	}()
	err = <-started
	tell.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			m.Log(t)
		}
		m.end(t, cmd.Process)
	})

	err = ready.SetReadDeadline(time.Now().Add(Patience))
	if err == nil {
		_, err = fmt.Fscan(ready, &m.pid)
	}
	if err != nil {
		t.Fatalf("cannot set up the machine: %v", err)
	}
	return m
}

func (m *Machine) end(t testing.TB, script *os.Process) {
	t.Helper()
	_ = script.Signal(syscall.SIGTERM) // after a poweroff inside it is gone already
	select {
	case <-m.ended:
		m.started.Wait()
	case <-time.After(Patience):
		t.Errorf("cannot end the machine of PID %d", m.pid)
	}
}

// Ended says if PID 1 has ended, after a poweroff inside.
func (m *Machine) Ended() bool {
	select {
	case <-m.ended:
		return true
	default:
		return false
	}
}

// Command returns a command that will run as root inside, with the environment
// of a root's shell and nothing from here; change it with env(1) inside. When ctx
// ends, the command is killed, but not what it has started: if that may keep its
// standard output, give it a file, or set WaitDelay.
func (m *Machine) Command(ctx context.Context, name string, arg ...string) *exec.Cmd {
	// nsenter forks, as one must to be in a pid namespace, and hands no signal
	// on: without pdeathsig, only the messenger would die of one.
	args := []string{
		"--target", strconv.Itoa(m.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup",
		"--root", "--wd", "--",
		"setpriv", "--pdeathsig", "KILL", "--bounding-set", dropped, "--", name,
	}
	cmd := exec.CommandContext(ctx, "nsenter", append(args, arg...)...)
	cmd.Env = environ()
	cmd.Cancel = func() error { return killChild(cmd.Process) }
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what signals its process group does not signal ours
	return cmd
}

// killChild kills what nsenter runs, and so nsenter, which ends as its child
// does. Were nsenter killed, the child's zombie would be left to the host's
// PID 1, and no pid namespace ends while it has one: in a container whose PID 1
// reaps nothing, it would stay for ever.
func killChild(nsenter *os.Process) error {
	pid := strconv.Itoa(nsenter.Pid)
	children, err := os.ReadFile(filepath.Join("/proc", pid, "task", pid, "children"))
	if err != nil {
		return nsenter.Kill() // a kernel without CONFIG_PROC_CHILDREN, or it has ended
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		return nsenter.Kill() // it has not forked yet, or has ended
	}
	return syscall.Kill(child, syscall.SIGKILL)
}

// Run runs a command inside and returns what it wrote, stdout and stderr as
// they came, and its exit status, or 128 plus the signal that killed it.
func (m *Machine) Run(t testing.TB, name string, arg ...string) (output string, status int) {
	t.Helper()
	return m.RunWithin(t, Patience, name, arg...)
}

// RunWithin is Run for what may take longer than other commands.
func (m *Machine) RunWithin(t testing.TB, limit time.Duration, name string, arg ...string) (output string, status int) {
	t.Helper()
	// A file, not a pipe: a daemon started by name would keep the pipe open,
	// and Wait would wait for it.
	file, err := os.CreateTemp(filepath.Dir(m.console), "output-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := m.Command(ctx, name, arg...)
	cmd.Stdout, cmd.Stderr = file, file
	err = cmd.Run()
	written, readErr := os.ReadFile(file.Name())
	switch exit := (*exec.ExitError)(nil); {
	case readErr != nil:
		t.Fatal(readErr)
	case ctx.Err() != nil:
		t.Fatalf("%s %q did not end within %v:\n%s", name, arg, limit, written)
	case errors.As(err, &exit):
		status = exit.ExitCode()
		if w := exit.Sys().(syscall.WaitStatus); w.Signaled() {
			status = 128 + int(w.Signal())
		}
	case err != nil:
		t.Fatal(err)
	}
	return string(written), status
}

// Must is Run for a command that has to succeed.
func (m *Machine) Must(t testing.TB, name string, arg ...string) (output string) {
	t.Helper()
	output, status := m.Run(t, name, arg...)
	if status != 0 {
		t.Fatalf("%s %q: exit status %d:\n%s", name, arg, status, output)
	}
	return output
}

// Start runs a command inside, until it ends or the machine does, and adds what
// it writes to the machine's console. It is for daemons in the foreground and
// other things that stay.
func (m *Machine) Start(t testing.TB, name string, arg ...string) {
	t.Helper()
	console, err := os.OpenFile(m.console, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	cmd := m.Command(context.Background(), name, arg...)
	cmd.Stdout, cmd.Stderr = console, console
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m.started.Go(func() { _ = cmd.Wait() }) // most of them are killed
}

// Path returns a file of the machine as it is named here. An absolute symbolic
// link on the way leads to the host's files: say /run, not /var/run. Files in
// /proc are the machine's.
func (m *Machine) Path(path string) string {
	return filepath.Join("/proc", strconv.Itoa(m.pid), "root", path)
}

// Pids returns the processes inside that run exactly the file exe, by their
// numbers there.
func (m *Machine) Pids(t testing.TB, exe string) []int {
	t.Helper()
	want, err := os.Stat(m.Path(exe))
	if err != nil {
		t.Fatal(err)
	}
	links, err := filepath.Glob(m.Path("/proc/[0-9]*/exe"))
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, link := range links {
		// It may have ended meanwhile, or be a zombie, which has no executable.
		if is, err := os.Stat(link); err == nil && os.SameFile(is, want) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	return pids
}

// Kill sends a signal to a process inside, by its number there. What is killed has ended when it
// returns, unless it is frozen: the kernel may take a moment for that, and a run only some
// milliseconds to look.
func (m *Machine) Kill(t testing.TB, pid int, sig syscall.Signal) {
	t.Helper()
	if pid < 1 { // a process group, or all that there is
		t.Fatalf("signal %d to process %d", sig, pid)
	}
	m.Must(t, "kill", "-"+strconv.Itoa(int(sig)), "--", strconv.Itoa(pid))
	if sig != syscall.SIGKILL {
		return
	}
	stat := m.Path("/proc/" + strconv.Itoa(pid) + "/stat") // proc_pid_stat(5)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(stat)
		if _, state, _ := strings.Cut(string(text), ") "); err != nil || strings.HasPrefix(state, "Z") || strings.HasPrefix(state, "X") {
			return
		}
	}
}

// Log prints the end of the machine's console, syslog and journal, to help who
// reads a failure. A failed test does it by itself.
func (m *Machine) Log(t testing.TB) {
	t.Helper()
	show := func(what string, text []byte) {
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if last := 60; len(lines) > last {
			lines = lines[len(lines)-last:]
		}
		if lines[0] != "" && lines[0] != "-- No entries --" {
			t.Logf("%s of the machine:\n%s", what, strings.Join(lines, "\n"))
		}
	}
	if console, err := os.ReadFile(m.console); err == nil {
		show("console", console)
	}
	if m.pid == 0 {
		return
	}
	if syslog, err := os.ReadFile(m.Path("/var/log/syslog")); err == nil {
		show("/var/log/syslog", syslog)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if journal, err := m.Command(ctx, "journalctl", "--no-pager", "-n", "60").Output(); err == nil {
		show("journal", journal)
	}
}
