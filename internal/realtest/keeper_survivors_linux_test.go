package realtest

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// ignores is a daemon whose workers ignore what a stop sends them, as zabbix's do.
const ignores = `#!/usr/bin/perl
for (1 .. 3) { next if fork; $SIG{TERM} = "IGNORE"; sleep 1 while 1 }
sleep 1 while 1;
`

// survivorsHost has daemons of which processes outlive the main one, and some that hand
// over to another process on purpose.
func survivorsHost(t *testing.T) *Machine {
	tree := daemonsTree(t)
	l := keeperLayer(t)
	l.File("/etc/systemd/system/ssh.service.d/once.conf", "[Service]\nRestart=no\n", 0o644)
	for _, name := range []string{"a", "b"} {
		l.Unit("redis@"+name+".service", "[Service]\nExecStart=/usr/bin/redis-server --port 0 --unixsocket /run/redis-"+name+"\n")
	}
	for _, unit := range []string{"redis-server.service", "haproxy.service", "nginx.service", "php8.2-fpm.service"} {
		l.Mask(unit)
	}
	l.File("/usr/local/sbin/ignores", ignores, 0o755)
	l.Unit("ignores.service", "[Service]\nExecStart=/usr/local/sbin/ignores\nTimeoutStopSec=8\n")
	l.Unit("web.service", "[Service]\nType=forking\nPIDFile=/run/nginx.pid\nExecStart=/usr/sbin/nginx\n")
	l.Unit("fpm.service", "[Service]\nType=notify\nExecStart=/usr/sbin/php-fpm8.2 --nodaemonize --fpm-config /etc/php/8.2/fpm/php-fpm.conf\nExecReload=/bin/kill -USR2 $MAINPID\nRuntimeDirectory=php\n")
	l.Unit("proxy.service", "[Service]\nType=notify\nExecStart=/usr/sbin/haproxy -Ws -f /etc/proxy.cfg -p /run/proxy.pid\nExecReload=/bin/kill -USR2 $MAINPID\n")
	l.File("/etc/proxy.cfg", "global\n maxconn 10\ndefaults\n mode tcp\n timeout connect 1s\n timeout client 600s\n timeout server 600s\nlisten x\n bind 127.0.0.1:8404\n server s 127.0.0.1:22\n", 0o644)
	m := Boot(t, tree, l)
	m.Must(t, "ip", "link", "set", "lo", "up")
	return m
}

// mainPid is what systemd says.
func mainPid(t *testing.T, m *Machine, unit string) int {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(m.Must(t, "systemctl", "show", "-P", "MainPID", unit)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// session opens a session of sshd as a user, and returns its processes.
func session(t *testing.T, m *Machine, user string) []int {
	t.Helper()
	before := m.Pids(t, "/usr/sbin/sshd")
	m.Must(t, "sh", "-c", `test -e /root/key || ssh-keygen -q -t ed25519 -N "" -f /root/key
		install -d -m 700 -o $1 ~$1/.ssh 2>/dev/null || :; home=$(getent passwd $1 | cut -d: -f6)
		install -d -m 700 -o $1 $home/.ssh; install -m 600 -o $1 /root/key.pub $home/.ssh/authorized_keys`, "sh", user)
	m.Start(t, "ssh", "-i", "/root/key", "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes", user+"@127.0.0.1", "echo in >/tmp/in-"+user+"; sleep 1000")
	Until(t, "a session of "+user, func() bool { return read(t, m, "/tmp/in-"+user) != "" })
	m.Must(t, "rm", "/tmp/in-"+user)
	var left []int
	for _, pid := range m.Pids(t, "/usr/sbin/sshd") {
		if !slices.Contains(before, pid) {
			left = append(left, pid)
		}
	}
	return left
}

// What is left of a dead daemon is not the daemon, and what hands over to another process
// is not dead. They share one machine.
func TestKeeperSurvivors(t *testing.T) {
	t.Parallel()
	m := survivorsHost(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, *Machine)
	}{
		{"sshd with a session that was there", func(t *testing.T, m *Machine) { survivesSSH(t, m, "root", true) }},
		{"sshd with a session of after the last look", func(t *testing.T, m *Machine) { survivesSSH(t, m, "root", false) }},
		{"sshd with the session of a user", func(t *testing.T, m *Machine) {
			m.Must(t, "useradd", "-m", "-s", "/bin/sh", "eve")
			survivesSSH(t, m, "eve", true)
		}},
		{"sshd restarted by somebody, with a session", restartedSSH},
		{"two redis, the first is killed", survivesRedis},
		{"workers that ignore TERM", survivesTERM},
		{"sshd started by hand", byHand},
		{"sshd reloads", func(t *testing.T, m *Machine) { reloads(t, m, "/usr/sbin/sshd", "ssh") }},
		{"php-fpm reloads", func(t *testing.T, m *Machine) { reloads(t, m, "/usr/sbin/php-fpm8.2", "fpm") }},
		{"haproxy reloads, and its old process finishes", reloadsProxy},
		{"nginx: a binary upgrade", upgradesNginx},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, m) })
	}
}

func survivesSSH(t *testing.T, m *Machine, user string, before bool) {
	args := []string{"-e", "/usr/sbin/sshd", "-s", "ssh"}
	m.Must(t, "systemctl", "reset-failed", "ssh") // on a fast machine the tests before have started it too often
	m.Must(t, "systemctl", "restart", "ssh")
	silent(t, m, args...)
	silent(t, m, args...)
	left := session(t, m, user)
	if before {
		silent(t, m, args...)
	}
	main := mainPid(t, m, "ssh")
	m.Kill(t, main, syscall.SIGKILL)
	Until(t, "ssh has failed", func() bool {
		state, _ := m.Run(t, "systemctl", "is-active", "ssh")
		return state == "failed\n"
	})
	a := keep(t, m, args...)
	expect(t, a, 1, "its main process (pid "+strconv.Itoa(main)+") has ended", "of its processes", "is up again", "killed by SIGKILL")
	if strings.Contains(a.stdout+a.stderr, "someone else") {
		t.Error(a)
	}
	for _, pid := range left {
		if !alive(t, m, strconv.Itoa(pid)) {
			t.Errorf("process %d of the session is gone", pid)
		}
	}
	silent(t, m, args...)
	for _, pid := range left {
		m.Kill(t, pid, syscall.SIGKILL)
	}
	silent(t, m, args...)
}

func restartedSSH(t *testing.T, m *Machine) {
	args := []string{"-e", "/usr/sbin/sshd", "-s", "ssh"}
	m.Must(t, "systemctl", "reset-failed", "ssh")
	m.Must(t, "systemctl", "restart", "ssh")
	silent(t, m, args...)
	left := session(t, m, "root")
	silent(t, m, args...)
	m.Must(t, "systemctl", "restart", "ssh")
	silent(t, m, args...)
	silent(t, m, args...)
	for _, pid := range left {
		m.Kill(t, pid, syscall.SIGKILL)
	}
}

func survivesRedis(t *testing.T, m *Machine) {
	args := []string{"-e", "/usr/bin/redis-server", "-s", "redis@a"}
	for _, first := range []string{"a", "b"} { // which has the lower number
		m.Run(t, "systemctl", "stop", "redis@a", "redis@b")
		m.Must(t, "systemctl", "start", "redis@"+first)
		m.Must(t, "systemctl", "start", "redis@a", "redis@b")
		Until(t, "both run", func() bool { return len(m.Pids(t, "/usr/bin/redis-server")) == 2 }) // the start does not wait for that
		silent(t, m, args...)
		a, b := mainPid(t, m, "redis@a"), mainPid(t, m, "redis@b")
		m.Kill(t, a, syscall.SIGKILL)
		Until(t, "redis@a has failed", func() bool {
			state, _ := m.Run(t, "systemctl", "is-active", "redis@a")
			return state == "failed\n"
		})
		expect(t, keep(t, m, args...), 1, "its main process (pid "+strconv.Itoa(a)+") has ended; process "+strconv.Itoa(b)+" is of redis@b.service", "is up again")
		if mainPid(t, m, "redis@b") != b || mainPid(t, m, "redis@a") == 0 {
			t.Error("the other one was touched, or this one was not started")
		}
		silent(t, m, args...)
	}
}

func survivesTERM(t *testing.T, m *Machine) {
	args := []string{"-e", "/usr/local/sbin/ignores", "-s", "ignores"}
	m.Must(t, "systemctl", "start", "ignores")
	Until(t, "three workers", func() bool { out, _ := m.Run(t, "pgrep", "-fc", "/usr/local/sbin/ignores"); return out == "4\n" })
	silent(t, m, args...)
	main := mainPid(t, m, "ignores")
	m.Kill(t, main, syscall.SIGKILL)
	Until(t, "systemd stops what is left", func() bool {
		state, _ := m.Run(t, "systemctl", "is-active", "ignores")
		return state == "deactivating\n" || state == "failed\n" // on a machine that has stalled for longer than that takes
	})
	a := keep(t, m, append(args, "--dry-run", "-v")...)
	if a.status == 0 && !strings.Contains(a.stdout, "left alone") { // as it is by systemd at work
		t.Errorf("it is up:\n%v", a)
	}
	Until(t, "systemd has ended them", func() bool {
		state, _ := m.Run(t, "systemctl", "is-active", "ignores")
		return state == "failed\n"
	})
	expect(t, keep(t, m, args...), 1, "is up again")
}

// A daemon that was started by hand outside of its unit is up.
func byHand(t *testing.T, m *Machine) {
	m.Must(t, "systemctl", "stop", "ssh")
	m.Must(t, "systemctl", "reset-failed")
	m.Must(t, "install", "-d", "/run/sshd")
	m.Must(t, "/usr/sbin/sshd")
	args := []string{"-e", "/usr/sbin/sshd", "-s", "ssh"}
	for range 2 {
		silent(t, m, args...)
	}
	byHand := strings.TrimSpace(read(t, m, "/run/sshd.pid"))
	m.Must(t, "kill", byHand)
	Until(t, "it has ended, and no longer has the port", func() bool { return !alive(t, m, byHand) })
	m.Must(t, "systemctl", "start", "ssh")
}

func reloads(t *testing.T, m *Machine, exe, unit string) {
	args := []string{"-e", exe, "-s", unit}
	m.Must(t, "systemctl", "start", unit)
	for range 2 {
		silent(t, m, args...)
	}
	for range 2 {
		m.Must(t, "systemctl", "reload", unit)
		for range 2 {
			silent(t, m, args...)
		}
	}
}

// haproxy's old process lives as long as its last connection.
func reloadsProxy(t *testing.T, m *Machine) {
	m.Must(t, "systemctl", "start", "ssh", "proxy")
	m.Start(t, "perl", "-MIO::Socket::INET", "-e", `IO::Socket::INET->new("127.0.0.1:8404") or die; sleep 1000`)
	reloads(t, m, "/usr/sbin/haproxy", "proxy")
}

func upgradesNginx(t *testing.T, m *Machine) {
	args := []string{"-e", "/usr/sbin/nginx", "-s", "web"}
	m.Must(t, "systemctl", "start", "web")
	for range 2 {
		silent(t, m, args...)
	}
	Until(t, "it has workers", func() bool { return len(m.Pids(t, "/usr/sbin/nginx")) > 1 }) // before, it ignores the signal
	old := mainPid(t, m, "web")
	m.Kill(t, old, syscall.SIGUSR2)
	Until(t, "a new master", func() bool {
		// The old one renames its pidfile before it starts the new one, whose pidfile is empty at first.
		if !exists(m, "/run/nginx.pid.oldbin") || !exists(m, "/run/nginx.pid") {
			return false
		}
		return strings.HasSuffix(read(t, m, "/run/nginx.pid"), "\n")
	})
	for range 2 {
		silent(t, m, args...)
	}
	m.Kill(t, old, syscall.SIGQUIT)
	Until(t, "the old master has ended", func() bool { return !alive(t, m, strconv.Itoa(old)) })
	for range 3 {
		silent(t, m, args...)
	}
	if !slices.Contains(m.Pids(t, "/usr/sbin/nginx"), atoi(t, read(t, m, "/run/nginx.pid"))) {
		t.Error("the new master is gone")
	}
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(filepath.Base(text)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
