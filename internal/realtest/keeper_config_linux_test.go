package realtest

import (
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// mainConfig is the configuration of a machine with two daemons of one service,
// a real sshd, and a rule.
const mainConfig = `
defaults: {recheck: 100ms, verify: 5s, settle: 200ms, boot_grace: 0s, backoff: [0s]}
daemons:
  sshd:
    executable: /usr/sbin/sshd
    user: root
    parent: 1
    listen: tcp://127.0.0.1:22
    expect: "SSH-2.0-"
    services: [ssh]
  one:
    executable: /usr/local/sbin/one
    count: 1-1
    services: [one]
forbid:
  gid0-not-uid0: {group: 0, not_user: 0}
`

const dropIn = `
daemons:
  two:
    executable: /usr/local/sbin/two
    user: nobody
    services: [two]
    after: [one]
`

// configured boots a machine with that configuration.
func configured(t *testing.T, change func(*Layer)) *Machine {
	t.Helper()
	l := keeperLayer(t)
	for name, user := range map[string]string{"one": "root", "two": "nobody"} {
		l.Unit(name+".service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\nUser="+user+"\nExecStart="+addDaemon(t, l, name)+
			" infinity\n[Install]\nWantedBy=multi-user.target\n")
	}
	l.File("/etc/daemon-keeper.yaml", mainConfig, 0o644)
	l.File("/etc/daemon-keeper.d/20-two.yaml", dropIn, 0o644)
	change(l)
	m := Boot(t, mailTree(t), l)
	Until(t, "all daemons are up", func() bool {
		return len(m.Pids(t, "/usr/local/sbin/one")) > 0 && len(m.Pids(t, "/usr/local/sbin/two")) > 0
	})
	return m
}

// run is one run with the configuration, in the environment of cron.
func run(t *testing.T, m *Machine, arg ...string) answer {
	t.Helper()
	return begin(t, m, append([]string{"env", "-i", "HOME=/root", "PATH=/usr/bin:/bin", program}, arg...)...)()
}

// From one line of cron without arguments, two daemons that were killed at once
// are brought back by one run, with one mail, and a healthy run sends one line.
func TestConfigFromCron(t *testing.T) {
	t.Parallel()
	m := configured(t, func(l *Layer) {
		l.File("/etc/cron.d/daemon-keeper", "* * * * * root "+program+"\n", 0o644)
		l.File("/usr/sbin/sendmail", "#!/bin/sh\ncat >>/var/tmp/mail\n", 0o755)
		l.File("/etc/rsyslog.d/priorities.conf", priorities, 0o644)
		l.FastCron(6) // a minute of 10 s, in which a run ends also on a busy machine
	})
	well := regexp.MustCompile(`^INFO 4 of 4 daemons and rules were well$`)
	Until(t, "a run has found all well", func() bool {
		lines := logged(t, m)
		return len(lines) > 0 && well.MatchString(lines[len(lines)-1].text)
	})
	for _, name := range []string{"one", "two"} {
		m.Kill(t, onlyPid(t, m, "/usr/local/sbin/"+name), syscall.SIGKILL)
	}
	Until(t, "both are back, and cron has sent a mail", func() bool {
		mail := read(t, m, "/var/tmp/mail")
		return strings.Contains(mail, "'one' was down and is up again (pid ") && strings.Contains(mail, "'two' was down and is up again (pid ")
	})
	if n := strings.Count(read(t, m, "/var/tmp/mail"), "Subject: "); n > 2 {
		t.Errorf("cron has sent %d mails:\n%s", n, read(t, m, "/var/tmp/mail"))
	}
}

// What a configuration asks of daemons on a booted systemd; they share one machine.
func TestConfigSystemd(t *testing.T) {
	t.Parallel()
	m := configured(t, func(*Layer) {})
	for _, c := range []struct {
		name string
		test func(*testing.T, *Machine)
	}{
		{"well", configWell},
		{"sshd does not answer", configMute},
		{"too many", configTooMany},
		{"another users process does not count", configUser},
		{"a rule is broken", configRule},
		{"a drop-in that others can write", configWritable},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, m) })
	}
}

// All is well, in silence, and a person is told what was seen.
func configWell(t *testing.T, m *Machine) {
	if a := run(t, m); a.status != 0 || a.stdout+a.stderr != "" {
		t.Errorf("status 0 and silence were expected, not\n%v", a)
	}
	expect(t, run(t, m, "-v"), 0, "'sshd' is up (pid ", "'one' is up (pid ", "'two' is up (pid ", "'gid0-not-uid0' is kept")
	expect(t, run(t, m, "validate", "-v"), 0, "executable: /usr/local/sbin/two", "boot_grace: 0s")
}

// A process that runs and answers nothing is down.
func configMute(t *testing.T, m *Machine) {
	before := sshd(t, m)
	m.Kill(t, before, syscall.SIGSTOP)
	a := begin(t, m, program, "sshd", "--no-syslog")() // the default limit of 5 s, twice
	expect(t, a, 1, "'sshd' was down (tcp://127.0.0.1:22 has accepted, and not said anything within 5s; process "+strconv.Itoa(before)+" of '/usr/sbin/sshd' is stopped by a signal or a debugger) and is up again (pid ")
	if sshd(t, m) == before {
		t.Error("it is the same process")
	}
	if a := run(t, m); a.status != 0 {
		t.Errorf("%v", a)
	}
}

func sshd(t *testing.T, m *Machine) int {
	t.Helper()
	return onlyPid(t, m, "/usr/sbin/sshd")
}

// Too many are an alarm, which is told once, and nothing is restarted.
func configTooMany(t *testing.T, m *Machine) {
	before := onlyPid(t, m, "/usr/local/sbin/one")
	m.Start(t, "/usr/local/sbin/one", "infinity")
	Until(t, "there are two", func() bool { return len(m.Pids(t, "/usr/local/sbin/one")) == 2 })
	expect(t, run(t, m), 2, "'one' is wrong: 2 processes, and at most 1 may be (pid ")
	if a := run(t, m); a.status != 2 || a.stdout+a.stderr != "" {
		t.Errorf("it was told already: %v", a)
	}
	for _, pid := range m.Pids(t, "/usr/local/sbin/one") {
		if pid != before {
			m.Kill(t, pid, syscall.SIGKILL)
		}
	}
	Until(t, "there is one", func() bool { return len(m.Pids(t, "/usr/local/sbin/one")) == 1 })
	samePid(t, m, "/usr/local/sbin/one", before)
}

// Where a user is asked for, another user's process of the same program does not
// keep the daemon from being restarted.
func configUser(t *testing.T, m *Machine) {
	m.Start(t, "setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "--", "/usr/local/sbin/two", "infinity")
	Until(t, "there are two", func() bool { return len(m.Pids(t, "/usr/local/sbin/two")) == 2 })
	m.Must(t, "systemctl", "kill", "--signal=KILL", "two")
	Until(t, "the daemon has ended", func() bool { return len(m.Pids(t, "/usr/local/sbin/two")) == 1 })
	a := run(t, m, "two", "-v")
	expect(t, a, 1, "'two' was down and is up again (pid ", "another user's")
	m.Must(t, "systemctl", "stop", "two")
	kill(t, m, "/usr/local/sbin/two")
	m.Must(t, "systemctl", "start", "two")
}

// A process with group 0 that is not root's breaks the rule, is named, and is left
// alone.
func configRule(t *testing.T, m *Machine) {
	m.Start(t, "setpriv", "--reuid=1000", "--regid=0", "--clear-groups", "--", "sleep", "infinity")
	Until(t, "it runs", func() bool { return len(m.Pids(t, "/usr/bin/sleep")) == 1 })
	pid := onlyPid(t, m, "/usr/bin/sleep")
	a := run(t, m)
	expect(t, a, 2, "'gid0-not-uid0' is broken: 1 process, and none may be (pid ", "/usr/bin/sleep of user 1000)")
	samePid(t, m, "/usr/bin/sleep", pid)
	kill(t, m, "/usr/bin/sleep")
	if a := run(t, m); a.status != 0 {
		t.Errorf("%v", a)
	}
}

// As root, a drop-in that others can write is refused, with what mends it; the
// daemons of the other files are kept.
func configWritable(t *testing.T, m *Machine) {
	m.Must(t, "chmod", "666", "/etc/daemon-keeper.d/20-two.yaml")
	kill(t, m, "/usr/local/sbin/one")
	a := run(t, m)
	expect(t, a, 3, "'one' was down and is up again (pid ")
	contains(t, "stderr", a.stderr, "/etc/daemon-keeper.d/20-two.yaml", "chmod go-w /etc/daemon-keeper.d/20-two.yaml")
	m.Must(t, "chmod", "644", "/etc/daemon-keeper.d/20-two.yaml")
	m.Must(t, "chmod", "777", "/etc/daemon-keeper.d")
	a = run(t, m)
	if a.status != 3 {
		t.Errorf("%v", a)
	}
	contains(t, "stderr", a.stderr, "chmod go-w /etc/daemon-keeper.d")
	m.Must(t, "chmod", "755", "/etc/daemon-keeper.d")
	if a := run(t, m); a.status != 0 {
		t.Errorf("%v", a)
	}
}
