package packaging

import (
	"regexp"
	"strings"
	"testing"

	"daemon-keeper/internal/realtest"
)

// noCron takes the line out of cron's file, as docs/install.md says.
const noCron = "sed -i 's/^\\*/#&/' /etc/cron.d/daemon-keeper"

// timerMachine has the package, and cron runs nothing. The timer's minute lasts a
// second.
func timerMachine(t *testing.T, more func(*realtest.Layer)) *realtest.Machine {
	t.Helper()
	l := realtest.NewLayer(t)
	addToy(t, l)
	l.Copy(packageFile(t, debs), "/srv/new.deb")
	l.File("/etc/daemon-keeper.d/toy.yaml", toyKept, 0o644)
	l.File("/etc/systemd/system/daemon-keeper.timer.d/fast.conf", "[Timer]\nOnCalendar=\nOnCalendar=*:*:*\nAccuracySec=10ms\n", 0o644)
	l.FastCron(12)
	if more != nil {
		more(l)
	}
	m := realtest.Boot(t, realtest.Tree(t), l)
	m.Must(t, "sh", "-c", "systemctl stop cron; dpkg --force-confold -i /srv/new.deb && "+noCron+" && systemctl start cron")
	return m
}

// The timer does what cron does, and the package looks after it.
func TestTimer(t *testing.T) {
	if !strings.Contains(strings.Join(lines(t, "../docs/install.md"), "\n"), noCron) {
		t.Errorf("docs/install.md does not say %s", noCron)
	}
	m := timerMachine(t, nil)
	is := func(question, want string) {
		t.Helper()
		if out, _ := m.Run(t, "systemctl", question, "daemon-keeper.timer"); out != want+"\n" {
			t.Errorf("%s: %s, not %s", question, strings.TrimSpace(out), want)
		}
	}
	is("is-enabled", "disabled")
	is("is-active", "inactive")
	m.Must(t, "systemctl", "enable", "--now", "daemon-keeper.timer")
	killed(t, m, toy)
	comesBack(t, m, toy)

	m.Must(t, "dpkg", "-i", "/srv/new.deb")
	is("is-active", "active")
	m.Must(t, "dpkg", "-r", "daemon-keeper")
	is("is-active", "inactive")
	m.Must(t, "dpkg", "-i", "/srv/new.deb")
	is("is-active", "active")
	killed(t, m, toy)
	comesBack(t, m, toy)
	if n := jobs(t, m); n > 0 {
		t.Errorf("cron has run its job, too, %d times", n)
	}
	m.Must(t, "dpkg", "-P", "daemon-keeper")
	if found := has(t, m, "/etc/systemd/system/timers.target.wants/daemon-keeper.timer"); found != nil {
		t.Errorf("there is %q", found)
	}
}

// That a run has brought a daemon back is not a failure of the service; that one is down is.
func TestServiceStatus(t *testing.T) {
	m := timerMachine(t, nil)
	for _, c := range []struct {
		what   string
		before func()
		exit   int
		unit   string // as systemctl show has it; of what has ended well it forgets the status
		runs   int    // how many processes run toy then
	}{
		{"all is up", func() {}, 0, "success 0 inactive", 1},
		{"it was killed", func() { killed(t, m, toy) }, 0, "success 0 inactive", 1},
		{"it cannot start", func() { m.Must(t, "touch", "/run/broken"); killed(t, m, toy) }, 1, "exit-code 2 failed", 0},
		{"it can start again", func() { m.Must(t, "rm", "/run/broken") }, 0, "success 0 inactive", 1},
		{"the configuration is wrong", func() { write(t, m, "/etc/daemon-keeper.d/wrong.yaml", "daemons: 1\n") }, 1, "exit-code 3 failed", 1},
	} {
		c.before()
		if _, exit := m.Run(t, "systemctl", "start", "daemon-keeper.service"); exit != c.exit {
			t.Errorf("%s: start exits with %d", c.what, exit)
		}
		out := m.Must(t, "systemctl", "show", "--value", "-p", "Result", "-p", "ExecMainStatus", "-p", "ActiveState", "daemon-keeper.service")
		if unit := strings.Join(strings.Fields(out), " "); unit != c.unit {
			t.Errorf("%s: %s, not %s", c.what, unit, c.unit)
		}
		failed := strings.Contains(m.Must(t, "systemctl", "--failed"), "daemon-keeper.service")
		if failed != (c.exit != 0) {
			t.Errorf("%s: systemctl --failed names it: %v", c.what, failed)
		}
		if told := m.Must(t, "journalctl", "-u", "daemon-keeper.service"); strings.Contains(told, "start toy ") {
			t.Errorf("%s: the steps stand in the journal more than once:\n%s", c.what, told)
		}
		if runs := len(m.Pids(t, toy)); runs != c.runs {
			t.Errorf("%s: %d processes run toy", c.what, runs)
		}
	}
}

// systemd finds no mistake in the units, and they are guarded as well as their comment
// says.
func TestUnits(t *testing.T) {
	m := timerMachine(t, nil)
	// The tree has no manuals.
	if out, status := m.Run(t, "systemd-analyze", "verify", "--man=no", "daemon-keeper.service", "daemon-keeper.timer"); status != 0 || out != "" {
		t.Errorf("exit status %d:\n%s", status, out)
	}
	noted := regexp.MustCompile(`(?m)^# systemd-analyze security \(systemd 252\): ([0-9.]+)$`).FindStringSubmatch(read(t, m, "/usr/lib/systemd/system/daemon-keeper.service"))
	out := m.Must(t, "systemd-analyze", "security", "--no-pager", "daemon-keeper.service")
	exposure := regexp.MustCompile(`Overall exposure level for daemon-keeper.service: ([0-9.]+)`).FindStringSubmatch(out)
	if noted == nil || exposure == nil || noted[1] != exposure[1] {
		t.Errorf("the exposure is %q, and noted is %q", exposure, noted)
	}
}

// The guards keep the service from nothing that it has to do: from inside it sees what
// a root's shell sees, restarts, is told by the journal what somebody wants, runs the
// command of on_incident, and mails.
func TestGuards(t *testing.T) {
	const mailer = "/usr/local/sbin/mailer"
	m := timerMachine(t, func(l *realtest.Layer) {
		addSleep(t, l, mailer)
		addSleep(t, l, "/home/daemon/private")
		addGuarded(l)
	})
	m.Must(t, "sh", "-c", "chmod 700 /home/daemon; chown daemon /home/daemon; systemctl start private")
	realtest.Until(t, "all are what they are to be", func() bool {
		return len(m.Pids(t, "/home/daemon/private")) == 1 && m.Must(t, "sh", "-c", "test -S /tmp/listener.sock && echo yes || echo no") == "yes\n"
	})
	write(t, m, "/run/looks", strings.Join(looks, "\n")+"\n")
	const looking = "while read -r args; do daemon-keeper $args; echo $?; done </run/looks 2>&1 | grep -v itself"
	outside := m.Must(t, "sh", "-c", looking)
	m.Must(t, "mkdir", "-p", "/run/systemd/system/daemon-keeper.service.d")
	write(t, m, "/run/systemd/system/daemon-keeper.service.d/look.conf",
		"[Service]\nExecStart=\nExecStart=/bin/sh -c '"+strings.ReplaceAll(looking, "$", "$$")+"'\nStandardOutput=file:/run/inside\n")
	m.Must(t, "systemctl", "daemon-reload")
	m.Must(t, "systemctl", "start", "daemon-keeper.service")
	if inside := read(t, m, "/run/inside"); inside != outside || strings.Count("\n"+inside, "\n0\n") != len(looks) {
		t.Errorf("inside it says:\n%s\noutside it says:\n%s", inside, outside)
	}
	m.Must(t, "rm", "-r", "/run/systemd/system/daemon-keeper.service.d")
	m.Must(t, "systemctl", "daemon-reload")

	killed(t, m, toy)
	m.Must(t, "systemctl", "start", "daemon-keeper.service")
	comesBack(t, m, toy)
	if told := read(t, m, "/var/log/told"); told != "begin toy\nend toy\n" {
		t.Errorf("the command was told %q", told)
	}
	if mail := read(t, m, "/var/spool/mail/told"); strings.Count(mail, "Subject: ") != 2 {
		t.Errorf("the mail is:\n%s", mail)
	}
	realtest.Until(t, "both mailers work in the background, although the run has ended", func() bool { return len(m.Pids(t, mailer)) == 2 })
	if out := m.Must(t, "journalctl", "-u", "daemon-keeper.service", "-p", "warning"); strings.Contains(out, "cannot") {
		t.Errorf("the journal has\n%s", out)
	}

	m.Must(t, "systemctl", "stop", "toy")
	m.Must(t, "systemctl", "start", "daemon-keeper.service")
	if out := m.Must(t, "daemon-keeper", "history", "toy"); len(m.Pids(t, toy)) != 0 {
		t.Errorf("it has started what was stopped on purpose:\n%s", out)
	}
}

// The guards leave the service its witnesses of a death: the kernel's log, and a signal
// trace, of which the test makes an instance of its own.
func TestGuardsLeaveWitnesses(t *testing.T) {
	m := timerMachine(t, nil)
	if _, status := m.Run(t, "mountpoint", "-q", "/sys/kernel/tracing"); status != 0 {
		m.Must(t, "mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing")
	}
	m.Must(t, "sh", "-c", "test -e /dev/kmsg || mknod -m 600 /dev/kmsg c 1 11")
	m.Must(t, "mkdir", "-p", "/run/systemd/system/daemon-keeper.service.d")
	write(t, m, "/run/witnesses", `
test -c /dev/kmsg && echo log # the machine itself may not read it
i=/sys/kernel/tracing/instances/daemon-keeper-guards-$$
mkdir $i && echo 1 >$i/events/signal/signal_generate/enable && cat $i/trace >/dev/null && rmdir $i && echo trace
`)
	write(t, m, "/run/systemd/system/daemon-keeper.service.d/look.conf", "[Service]\nExecStart=\nExecStart=/bin/sh /run/witnesses\nStandardOutput=file:/run/inside\n")
	m.Must(t, "systemctl", "daemon-reload")
	m.Must(t, "systemctl", "start", "daemon-keeper.service")
	if inside := read(t, m, "/run/inside"); inside != "log\ntrace\n" {
		t.Errorf("inside it says:\n%s", inside)
	}
}

// looks are what the service is asked, and what each answers is the same each time.
var looks = []string{"check", "--dry-run --verbose", "match toy", "match listener", "match private", "validate"}

// addGuarded adds daemons that are hard to see from behind a guard, and people to tell.
func addGuarded(l *realtest.Layer) {
	const socket = "/tmp/listener.sock"
	l.File("/usr/local/sbin/listener", `#!/usr/bin/perl
use IO::Socket::UNIX;
my $s = IO::Socket::UNIX->new(Local => "`+socket+`", Listen => 5) or die;
while (my $c = $s->accept) { print $c "hello\n" }
`, 0o755)
	l.Unit("listener.service", "[Service]\nUser=nobody\nExecStart=/usr/local/sbin/listener\n[Install]\nWantedBy=multi-user.target\n")
	l.Unit("private.service", "[Service]\nUser=daemon\nPrivateTmp=yes\nExecStart=/home/daemon/private infinity\n")
	l.File("/etc/daemon-keeper.yaml", "mail: root\non_incident: [/usr/local/sbin/hook]\n", 0o644)
	l.File("/etc/daemon-keeper.d/more.yaml", quick+`daemons:
  listener:
    executable: /usr/local/sbin/listener
    user: nobody
    listen: unix://`+socket+`
    expect: hello
    services: [listener]
  private:
    executable: /home/daemon/private
    user: daemon
    files: 90%
    memory: {rss: 1G}
    services: [private]
`, 0o644)
	// A mailer drops privileges, writes to a spool, and goes on in the background.
	l.File("/usr/sbin/sendmail", `#!/bin/sh
setpriv --reuid=mail --regid=mail --clear-groups sh -c 'cat >>/var/mail/told'
setsid /usr/local/sbin/mailer infinity >/dev/null 2>&1 </dev/null &
`, 0o755)
	l.File("/usr/local/sbin/hook", "#!/bin/sh\necho $KEEPER_EVENT $KEEPER_DAEMON >>/var/log/told\n", 0o755)
}
