package realtest

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// talker is a daemon that never closes its standard output, and writes to it
// when it is told to.
const talker = `#!/bin/sh
case $1 in
start) echo "Starting talker"; /usr/local/sbin/talker -e '$| = 1; $SIG{USR1} = sub { print "still here\n" }; sleep while 1' & ;;
status) exit 3 ;;
esac
`

// A daemon that keeps the standard output of its start script neither holds up
// the run nor dies when it later writes: it writes to a file with a name.
func TestKeeperSystemVOutputKeptOpen(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	const exe = "/usr/local/sbin/talker"
	l.Copy(Tree(t)+"/usr/bin/perl", exe)
	l.File("/etc/init.d/talker", talker, 0o755)
	m := Enter(t, Tree(t), l)

	a := keep(t, m, "-e", exe, "-s", "talker")
	expect(t, a, 1, "is up again")
	pid := onlyPid(t, m, exe)
	const file = "/run/daemon-keeper/talker.output"
	if out := read(t, m, file); out != "Starting talker\n" {
		t.Errorf("in %s: %q", file, out)
	}
	for _, fd := range []string{"1", "2"} {
		if out := m.Must(t, "readlink", "/proc/"+strconv.Itoa(pid)+"/fd/"+fd); out != file+"\n" {
			t.Errorf("the daemon's descriptor %s is %q", fd, out)
		}
	}
	m.Kill(t, pid, syscall.SIGUSR1)
	Until(t, "what the daemon writes later is in the file", func() bool {
		return strings.HasSuffix(read(t, m, file), "still here\n")
	})
	silent(t, m, "-e", exe, "-s", "talker")
	samePid(t, m, exe, pid)
	if out := m.Must(t, "stat", "-c", "%a %U", file); out != "600 root\n" {
		t.Errorf("%s: %s", file, out)
	}
}

// A start that fails has its last lines in the mail and in syslog.
func TestKeeperSystemVStartFails(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	exe := addDaemon(t, l, "toy")
	l.File("/etc/init.d/toy", `#!/bin/sh
case $1 in
start) for i in 1 2 3 4 5 6 7; do echo "line $i"; done; echo "cannot bind 'port' 80" >&2; exit 5 ;;
stop) exit 1 ;;
status) exit 3 ;;
esac
`, 0o755)
	l.File("/etc/rsyslog.d/priorities.conf", priorities, 0o644)
	m := Enter(t, Tree(t), l)
	startSyslogd(t, m)

	a := keep(t, m, "-e", exe, "-s", "toy", "--verify", "300ms")
	expect(t, a, 2, "'/usr/local/sbin/toy' is down: it did not appear within 300ms",
		"failed: cannot start service toy: exit status 5", "| line 7\n", "| cannot bind 'port' 80\n", "hint: ")
	if strings.Contains(a.stdout, "line 1\n") {
		t.Errorf("more than the last lines:\n%v", a)
	}
	if strings.Contains(a.stdout, "cannot stop") || a.stderr != "" {
		t.Errorf("the stop of what is dead is not a failure:\n%v", a)
	}
	Until(t, "the last line of the log", func() bool {
		return strings.Contains(read(t, m, "/var/log/priorities"), "is still not running")
	})
	lines := logged(t, m)
	said := 0
	for _, l := range lines {
		if strings.HasPrefix(l.text, "ERROR service 'toy' said: ") && l.priority == "daemon.err" {
			said++
		}
	}
	if said != 5 {
		t.Errorf("%d lines of output in %q", said, lines)
	}
}

// service(8) is found though cron's PATH has no sbin, and it, not the script
// itself, is what is run.
func TestKeeperSystemVPath(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	if out, status := m.Run(t, "env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", "command -v service"); status == 0 {
		t.Fatalf("cron's PATH would do: %s", out)
	}
	args := []string{"-e", "/usr/local/sbin/toy", "-s", "toy"}
	expect(t, keep(t, m, append(args, "--dry-run")...), 2, "sbin/service toy stop", "sbin/service toy start")
	if c := calls(t, m, "toy"); c != "" {
		t.Errorf("the dry run did %q", c)
	}
	expect(t, keep(t, m, args...), 1, "'/usr/local/sbin/toy' was down and is up again", "stop  toy", "start toy")
	if c := calls(t, m, "toy"); c != "stop start" {
		t.Errorf("the run did %q", c)
	}
	silent(t, m, args...)
	silent(t, m, append(args, "--dry-run")...)
	if c := calls(t, m, "toy"); c != "stop start" {
		t.Errorf("a healthy run did something: %q", c)
	}
	a := keep(t, m, "-e", "/usr/local/sbin/toy", "-s", "nosuch")
	expect(t, a, 3)
	contains(t, "stderr", a.stderr, "cannot find service nosuch", "hint: list the names with: ls /etc/init.d")
}

// A start script that hangs though its daemon is up is given up; the daemon is not.
func TestKeeperSystemVSlowStart(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	exe := addDaemon(t, l, "toy")
	l.File("/etc/init.d/toy", `#!/bin/sh
case $1 in
start) /usr/local/sbin/toy infinity & exec /usr/bin/sleep 1001 ;;
status) exit 3 ;;
esac
`, 0o755)
	m := Enter(t, Tree(t), l)

	a := keep(t, m, "-e", exe, "-s", "toy", "--start-timeout", "500ms")
	expect(t, a, 1, "is up again", "slow: it has not ended in time, but the daemon is up")
	pid := onlyPid(t, m, exe)
	if pids := m.Pids(t, "/usr/bin/sleep"); len(pids) > 0 {
		t.Errorf("the script still runs: %v", pids)
	}
	silent(t, m, "-e", exe, "-s", "toy")
	samePid(t, m, exe, pid)
}

// A start script that hangs without a daemon is a failure that is said to have
// taken too long.
func TestKeeperSystemVStartHangs(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	exe := addDaemon(t, l, "toy")
	l.File("/etc/init.d/toy", "#!/bin/sh\n[ \"$1\" != start ] || exec /usr/bin/sleep 1001\n", 0o755)
	m := Enter(t, Tree(t), l)
	a := keep(t, m, "-e", exe, "-s", "toy", "--start-timeout", "300ms", "--verify", "200ms")
	expect(t, a, 2, "failed: cannot start service toy: it took longer than ")
	if pids := m.Pids(t, "/usr/bin/sleep"); len(pids) > 0 {
		t.Errorf("the script still runs: %v", pids)
	}
}
