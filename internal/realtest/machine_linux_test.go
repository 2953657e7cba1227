package realtest

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

const toy = "/usr/local/sbin/toy"

// toyLayer holds a daemon whose executable nothing else runs.
func toyLayer(t *testing.T, tree string) *Layer {
	t.Helper()
	l := NewLayer(t)
	l.Copy(filepath.Join(tree, "usr/bin/sleep"), toy)
	return l
}

// keeper stands in for the program under test.
const keeper = `#!/bin/sh
for exe in /proc/[0-9]*/exe; do
	[ "$(readlink "$exe")" != /usr/local/sbin/toy ] || exit 0
done
logger -t KEEPER "toy is missing"
service toy stop
service toy start
logger -t KEEPER "start toy: $?"
`

// onlyPid waits until one process runs exe, and returns it.
func onlyPid(t *testing.T, m *Machine, exe string) int {
	t.Helper()
	var pids []int
	Until(t, "one process of "+exe, func() bool {
		pids = m.Pids(t, exe)
		return len(pids) == 1
	})
	return pids[0]
}

// logHas says if a file of the machine has all these words in it.
func logHas(t *testing.T, m *Machine, path string, words ...string) bool {
	t.Helper()
	text, err := os.ReadFile(m.Path(path))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, w := range words {
		if !strings.Contains(string(text), w) {
			return false
		}
	}
	return true
}

// A daemon of a booted systemd is killed; cron starts a keeper, which starts
// the daemon, and the real rsyslog writes down what it said.
func TestCronBringsADaemonBack(t *testing.T) {
	t.Parallel()
	Need(t)
	tree := Tree(t)
	l := toyLayer(t, tree)
	l.Unit("toy.service", "[Service]\nExecStart="+toy+" infinity\n[Install]\nWantedBy=multi-user.target\n")
	l.File("/usr/local/sbin/keeper", keeper, 0o755)
	l.File("/etc/cron.d/keeper", "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n* * * * * root /usr/local/sbin/keeper\n", 0o644)
	l.FastCron(20)
	m := Boot(t, tree, l)

	before := onlyPid(t, m, toy)
	m.Kill(t, before, syscall.SIGKILL)
	Until(t, "toy runs again", func() bool {
		pids := m.Pids(t, toy)
		return len(pids) == 1 && pids[0] != before
	})
	Until(t, "the keeper's lines are in /var/log/syslog", func() bool {
		return logHas(t, m, "/var/log/syslog",
			"toy.service: Main process exited, code=killed, status=9/KILL",
			"KEEPER: toy is missing", "KEEPER: start toy: 0")
	})
}

// A machine ends by itself after a poweroff inside.
func TestPoweroff(t *testing.T) {
	t.Parallel()
	m := Boot(t, Tree(t))
	m.Must(t, "systemctl", "poweroff")
	Until(t, "the machine has ended", m.Ended)
}

// A System V script whose daemon keeps the script's standard output open for
// ever: Run sees its end all the same.
func TestSystemVDaemonKeepsOutputOpen(t *testing.T) {
	t.Parallel()
	Need(t)
	tree := Tree(t)
	l := toyLayer(t, tree)
	l.File("/etc/init.d/toy", `#!/bin/sh
case $1 in
start) echo starting; /usr/local/sbin/toy infinity & echo $! >/run/toy.pid ;;
stop) kill "$(cat /run/toy.pid)" ;;
status) kill -0 "$(cat /run/toy.pid)" || exit 3 ;;
esac
`, 0o755)
	m := Enter(t, tree, l)

	if out := m.Must(t, "service", "toy", "start"); out != "starting\n" {
		t.Errorf("service toy start wrote %q", out)
	}
	pid := onlyPid(t, m, toy)
	stdout, err := os.Readlink(m.Path("/proc/" + strconv.Itoa(pid) + "/fd/1"))
	if err != nil || stdout == "/dev/null" {
		t.Errorf("toy's standard output is %q, %v", stdout, err)
	}
	m.Must(t, "service", "toy", "status")
	m.Kill(t, pid, syscall.SIGKILL)
	// Its parent is PID 1, which has to reap it: kill -0 succeeds on a zombie.
	Until(t, "status says 3", func() bool {
		_, status := m.Run(t, "service", "toy", "status")
		return status == 3
	})
	if _, status := m.Run(t, "service", "nosuch", "start"); status == 0 {
		t.Error("an unknown service was started")
	}
}

// Outside systemd, a real rsyslogd and a real cron with a fast clock.
func TestCronWithoutSystemd(t *testing.T) {
	t.Parallel()
	Need(t)
	l := NewLayer(t)
	l.File("/etc/crontab", "* * * * * root { env; date +\\%s; } | logger -t JOB\n", 0o644)
	m := Enter(t, Tree(t), l)
	m.Start(t, "rsyslogd", "-n", "-iNONE")
	Until(t, "rsyslogd listens", func() bool {
		_, err := os.Stat(m.Path("/dev/log"))
		return err == nil
	})
	m.Start(t, "env", append(FastClock(60), "cron", "-f")...)
	Until(t, "two jobs have run", func() bool {
		text, err := os.ReadFile(m.Path("/var/log/syslog"))
		return err == nil && strings.Count(string(text), "JOB: PATH=/usr/bin:/bin") >= 2
	})
	if logHas(t, m, "/var/log/syslog", "JOB: FAKETIME") {
		t.Error("cron hands its fast clock on to its jobs")
	}
}

// Whoever has a user namespace can run anything under any path.
func TestUnprivilegedUserForgesAPath(t *testing.T) {
	t.Parallel()
	Need(t)
	tree := Tree(t)
	m := Enter(t, tree, toyLayer(t, tree))
	m.Start(t, toy, "1001")
	real := onlyPid(t, m, toy)

	user := []string{"--reuid=1000", "--regid=1000", "--clear-groups"}
	if out := m.Must(t, "setpriv", append(user, "id", "-u")...); out != "1000\n" {
		t.Fatalf("id -u says %q", out)
	}
	m.Start(t, "setpriv", append(user, "unshare", "-Ur", "-m", "sh", "-c", `
		mount -t tmpfs tmpfs /usr/local/sbin &&
		cp /usr/bin/sleep /usr/local/sbin/toy &&
		exec /usr/local/sbin/toy 1002`)...)
	var forged string
	Until(t, "the forgery runs", func() bool {
		out, _ := m.Run(t, "pgrep", "-f", "^/usr/local/sbin/toy 1002")
		forged = strings.TrimSpace(out)
		return forged != ""
	})
	for pid, uid := range map[string]string{strconv.Itoa(real): "0\n", forged: "1000\n"} {
		if out := m.Must(t, "readlink", "/proc/"+pid+"/exe"); out != toy+"\n" {
			t.Errorf("process %s runs %q", pid, out)
		}
		if out := m.Must(t, "stat", "-c", "%u", "/proc/"+pid); out != uid {
			t.Errorf("process %s is of uid %q", pid, out)
		}
	}
	if onlyPid(t, m, toy) != real {
		t.Error("Pids takes the forgery for the daemon")
	}
}

// What else can be in a process table: another PID namespace, a chroot, a
// script, a zombie, a replaced executable.
func TestProcessTable(t *testing.T) {
	t.Parallel()
	Need(t)
	tree := Tree(t)
	l := toyLayer(t, tree)
	l.File("/usr/local/sbin/script", "#!/usr/bin/perl\nsleep 1000;\n", 0o755)
	l.Dir("/srv/jail", 0o755)
	m := Enter(t, tree, l)

	m.Start(t, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", toy, "1001")
	m.Start(t, "sh", "-c", "mount --bind / /srv/jail && exec chroot /srv/jail "+toy+" 1002")
	m.Start(t, "/usr/local/sbin/script")
	m.Start(t, "perl", "-e", "if (!fork) { exec 'true' } sleep 1000")
	m.Start(t, "sh", "-c", "cp "+toy+" /tmp/old && exec /tmp/old 1003")

	pgrep := func(arg ...string) (pid string) {
		t.Helper()
		Until(t, "pgrep finds "+strings.Join(arg, " "), func() bool {
			out, _ := m.Run(t, "pgrep", arg...)
			pid = strings.TrimSpace(out)
			return pid != ""
		})
		return pid
	}
	inside := pgrep("-f", "^"+toy+" 1001")
	if m.Must(t, "readlink", "/proc/self/ns/pid") == m.Must(t, "readlink", "/proc/"+inside+"/ns/pid") {
		t.Error("the same PID namespace")
	}
	if out := m.Must(t, "readlink", "/proc/"+pgrep("-f", "^"+toy+" 1002")+"/root"); out != "/srv/jail\n" {
		t.Errorf("the chroot is %q", out)
	}
	if out := m.Must(t, "readlink", "/proc/"+pgrep("-x", "script")+"/exe"); out != "/usr/bin/perl\n" {
		t.Errorf("the script's executable is %q", out)
	}
	zombie := pgrep("-x", "true")
	Until(t, "the zombie has no executable", func() bool { _, status := m.Run(t, "readlink", "/proc/"+zombie+"/exe"); return status == 1 })
	old := pgrep("-f", "^/tmp/old 1003")
	m.Must(t, "rm", "/tmp/old")
	if out := m.Must(t, "readlink", "/proc/"+old+"/exe"); out != "/tmp/old (deleted)\n" {
		t.Errorf("the replaced executable is %q", out)
	}
}

// Several commands at once, each with its own answer; in a machine of two.
func TestManyCommandsAtOnce(t *testing.T) {
	t.Parallel()
	m := Enter(t, Tree(t))
	other := Enter(t, Tree(t))
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			n := strconv.Itoa(i)
			out, err := m.Command(t.Context(), "sh", "-c", "echo $1 >>/tmp/log; echo $1; exit $1", "sh", n).Output()
			var exit *exec.ExitError
			if status := 0; errors.As(err, &exit) {
				status = exit.ExitCode()
				if status != i {
					t.Errorf("command %d ended with %d", i, status)
				}
			}
			if string(out) != n+"\n" {
				t.Errorf("command %d wrote %q", i, out)
			}
		})
	}
	wg.Wait()
	if out := m.Must(t, "wc", "-l", "/tmp/log"); out != "20 /tmp/log\n" {
		t.Error(out)
	}
	if _, status := other.Run(t, "test", "-e", "/tmp/log"); status != 1 {
		t.Error("two machines share a file")
	}
}

func TestRunStatus(t *testing.T) {
	t.Parallel()
	m := Enter(t, Tree(t))
	for _, c := range []struct {
		script string
		output string
		status int
	}{
		{"echo out; echo err >&2", "out\nerr\n", 0},
		{"exit 7", "", 7},
		{"kill -9 $$", "", 128 + 9},
		{"pwd; umask", "/\n0022\n", 0},
	} {
		if out, status := m.Run(t, "sh", "-c", c.script); out != c.output || status != c.status {
			t.Errorf("%s: %q, %d", c.script, out, status)
		}
	}
	if _, status := m.Run(t, "/no/such/command"); status != 127 {
		t.Errorf("a missing command: %d", status)
	}
}

// With the context ends the command inside, not only nsenter outside.
func TestCommandEndsWithItsContext(t *testing.T) {
	t.Parallel()
	Need(t)
	tree := Tree(t)
	m := Enter(t, tree, toyLayer(t, tree))
	ctx, cancel := context.WithCancel(t.Context())
	cmd := m.Command(ctx, toy, "1001")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	onlyPid(t, m, toy)
	cancel()
	_ = cmd.Wait()
	Until(t, "toy is gone", func() bool { return len(m.Pids(t, toy)) == 0 })
}

// Without a syslogd there is no /dev/log; with a hung one, whoever writes to it
// hangs once its queue is full.
func TestSyslogAbsentAndHung(t *testing.T) {
	t.Parallel()
	m := Enter(t, Tree(t))
	if out, status := m.Run(t, "logger", "--socket-errors=on", "hello"); status == 0 {
		t.Errorf("logger found a syslogd: %s", out)
	}
	// It is bound from here and lives there: a socket in a folder belongs to no
	// network namespace.
	hung, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.Path("/dev/log"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer hung.Close()
	m.Must(t, "logger", "first")
	line := make([]byte, 1024)
	if n, err := hung.Read(line); err != nil || !strings.HasSuffix(string(line[:n]), "root: first") {
		t.Errorf("/dev/log got %q, %v", line[:n], err)
	}
	if out, status := m.Run(t, "sh", "-c", "yes | head -n 5000 | timeout 1 logger"); status != 124 {
		t.Errorf("logger did not hang: %d, %s", status, out)
	}
}

// A booted systemd without any syslogd: none is started, journald's socket is shut.
func TestBootWithoutSyslog(t *testing.T) {
	t.Parallel()
	l := NewLayer(t)
	l.Mask("rsyslog.service")
	l.Mask("systemd-journald-dev-log.socket")
	m := Boot(t, Tree(t), l)
	if _, status := m.Run(t, "logger", "--socket-errors=on", "hello"); status == 0 {
		t.Error("logger found a syslogd")
	}
}

// Root inside cannot reach the host's kernel.
func TestHostIsOutOfReach(t *testing.T) {
	m := Boot(t, Tree(t))
	if out := m.Must(t, "systemctl", "--failed", "--no-legend"); out != "" {
		t.Errorf("failed units: %s", out)
	}
	// Harmless, should one of them succeed.
	for _, script := range []string{
		"cd /proc/sys/fs; v=$(cat protected_regular); echo $v >protected_regular",
		"echo s >/proc/sysrq-trigger", "dmesg", "cat /proc/kmsg", `date -s "$(date -Ins)"`,
	} {
		if out, status := m.Run(t, "sh", "-c", script); status == 0 {
			t.Errorf("%s: exit status 0, %s", script, out)
		}
	}
	if out := m.Must(t, "sh", "-c", "grep -h CapBnd /proc/1/status /proc/self/status | uniq | wc -l"); out != "1\n" {
		t.Error("PID 1 and Command have different capabilities")
	}
	nodes := map[string]uint64{}
	for _, place := range []string{"/dev/null", m.Path("/dev/null")} {
		info, err := os.Stat(place)
		if err != nil {
			t.Fatal(err)
		}
		nodes[place] = info.Sys().(*syscall.Stat_t).Dev
	}
	if nodes["/dev/null"] == nodes[m.Path("/dev/null")] {
		t.Error("the machine's /dev/null is the host's")
	}
}
