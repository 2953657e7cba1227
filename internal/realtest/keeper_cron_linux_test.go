package realtest

import (
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// priorities has rsyslog write a second file, which tells facility and severity.
const priorities = `template(name="priorities" type="string" string="%syslogfacility-text%.%syslogseverity-text% %syslogtag%%msg%\n")
*.* action(type="omfile" file="/var/log/priorities" template="priorities")
`

type syslogLine struct{ priority, pid, text string }

var syslogPattern = regexp.MustCompile(`(?m)^(\S+) DAEMON-KEEPER\[(\d+)\]: (.*)$`)

// logged is what daemon-keeper has told syslog, as the rsyslog with priorities has it.
func logged(t *testing.T, m *Machine) (lines []syslogLine) {
	t.Helper()
	for _, f := range syslogPattern.FindAllStringSubmatch(read(t, m, "/var/log/priorities"), -1) {
		lines = append(lines, syslogLine{f[1], f[2], strings.TrimSpace(f[3])})
	}
	return lines
}

// isSyslog fails the test unless the lines are one run's, and as wanted: priority,
// space, and a pattern.
func isSyslog(t *testing.T, lines []syslogLine, want ...string) {
	t.Helper()
	if len(lines) != len(want) {
		t.Fatalf("%d lines were expected, not %d: %q", len(want), len(lines), lines)
	}
	for i, w := range want {
		if got := lines[i].priority + " " + lines[i].text; !regexp.MustCompile("^" + w + "$").MatchString(got) {
			t.Errorf("line %d is %q, not %q", i, got, w)
		}
		if lines[i].pid != lines[0].pid {
			t.Errorf("line %d is of another run: %q", i, lines)
		}
	}
}

// With the environment that cron gives it, and nothing more, a run brings a
// killed daemon back, tells syslog each step, and has cron send one mail.
func TestKeeperCron(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	toy := addDaemon(t, l, "toy")
	l.Unit("toy.service", "[Unit]\nBefore=cron.service\n[Service]\nType=exec\nExecStart="+toy+" infinity\n[Install]\nWantedBy=multi-user.target\n")
	l.File("/etc/cron.d/daemon-keeper", "* * * * * root "+program+" -e "+toy+
		" -s toy --boot-grace 0 --backoff 0s --recheck 100ms --verify 5s --settle 300ms\n", 0o644)
	l.File("/usr/sbin/sendmail", "#!/bin/sh\ncat >>/var/tmp/mail\n", 0o755)
	l.File("/etc/rsyslog.d/priorities.conf", priorities, 0o644)
	l.FastCron(6) // a minute of 10 s, in which a run ends also on a busy machine
	m := Boot(t, Tree(t), l)

	Until(t, "a run has found toy up", func() bool { return len(logged(t, m)) > 0 })
	before := len(logged(t, m))
	pid := onlyPid(t, m, toy)
	isSyslog(t, logged(t, m)[:1], `daemon\.info INFO '/usr/local/sbin/toy' is running \(pid \d+\)`)
	m.Kill(t, pid, syscall.SIGKILL)
	var incident, later []syslogLine // of the run that brings it back, and of others, which may come while that still looks
	Until(t, "toy is back, and the next run finds it up", func() bool {
		incident, later = nil, nil
		for _, line := range logged(t, m)[before:] {
			switch {
			case len(incident) > 0 && line.pid == incident[0].pid, len(incident) == 0 && strings.Contains(line.text, "is not running"):
				incident = append(incident, line)
			case len(incident) > 0 && strings.Contains(line.text, "' is running (pid "):
				later = append(later, line)
			}
		}
		return len(incident) >= 7 && len(later) > 0
	})
	isSyslog(t, incident,
		`daemon\.warning WARNING '/usr/local/sbin/toy' is not running`,
		`daemon\.notice INFO '/usr/local/sbin/toy': its main process was killed by SIGKILL`,
		`daemon\.notice INFO stopping service 'toy'`,
		`daemon\.notice INFO stopped service 'toy' in [0-9.]+ m?s`,
		`daemon\.notice INFO starting service 'toy'`,
		`daemon\.notice INFO started service 'toy' in [0-9.]+ m?s`,
		`daemon\.notice INFO '/usr/local/sbin/toy' is running again \(pid \d+\)`)
	isSyslog(t, later[:1], `daemon\.info INFO '/usr/local/sbin/toy' is running \(pid \d+\)`)
	if now := onlyPid(t, m, toy); now == pid {
		t.Error("toy is the process that was killed")
	}

	lines := regexp.MustCompile(`(?m)^\S+ toyhost DAEMON-KEEPER\[\d+\]: WARNING '/usr/local/sbin/toy' is not running$`)
	if found := lines.FindAllString(read(t, m, "/var/log/syslog"), -1); len(found) != 1 {
		t.Errorf("in /var/log/syslog: %q", found)
	}
	Until(t, "cron has sent a mail", func() bool {
		return strings.Contains(read(t, m, "/var/tmp/mail"), "'/usr/local/sbin/toy' was down and is up again (pid ")
	})
	if n := strings.Count(read(t, m, "/var/tmp/mail"), "Subject: "); n != 1 {
		t.Errorf("cron has sent %d mails:\n%s", n, read(t, m, "/var/tmp/mail"))
	}
}
