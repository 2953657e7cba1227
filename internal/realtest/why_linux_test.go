package realtest

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// On a booted systemd, why tells what systemd knows of the end, and who could have told
// more; after the restart, while it is down, and to who may not read it.
func TestWhySystemd(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	for _, name := range []string{"mail", "web"} {
		l.Unit(name+".service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart="+addDaemon(t, l, name)+" infinity\n[Install]\nWantedBy=multi-user.target\n")
	}
	l.File("/etc/daemon-keeper.yaml", `evidence_timeout: 1m
defaults: {boot_grace: 0s, recheck: 100ms, verify: 3s, settle: 200ms, backoff: [0s]}
daemons:
  mail: {executable: /usr/local/sbin/mail, services: [mail, web]}
  web: {executable: /usr/local/sbin/web, services: [web], after: [mail]}
`, 0o644)
	m := Boot(t, Tree(t), l)
	why := func(arg ...string) answer {
		t.Helper()
		return begin(t, m, append([]string{"env", "COLUMNS=80", program, "why"}, arg...)...)()
	}
	Until(t, "both are up", func() bool {
		return len(m.Pids(t, "/usr/local/sbin/mail")) == 1 && len(m.Pids(t, "/usr/local/sbin/web")) == 1
	})
	expect(t, run(t, m), 0)
	m.Kill(t, onlyPid(t, m, "/usr/local/sbin/mail"), syscall.SIGTERM)
	Until(t, "mail is dead", func() bool { return len(m.Pids(t, "/usr/local/sbin/mail")) == 0 })
	expect(t, run(t, m), 1)

	a := why("mail")
	expect(t, a, 0,
		"mail died ", "; it was down for ",
		"\n  cause    killed by SIGTERM  ", "  certain  systemd\n", "\n  by       not known\n",
		"\n  impact   restarted: mail, web; web comes after it\n", "\n  missing  ",
		"\n  next     journalctl --since \"", "\n  more     daemon-keeper history mail\n")
	for line := range strings.Lines(a.stdout) {
		if len(line) > 81 && !strings.Contains(line, "journalctl") {
			t.Errorf("more than 80 columns: %s", line)
		}
	}
	expect(t, why(), 0, "mail died ")
	if strings.Contains(why().stdout, "web died") {
		t.Error("what has not died is explained")
	}
	for _, line := range strings.Split(a.stdout, "\n") { // each command can be pasted
		if _, command, ok := strings.Cut(line, "journalctl --since "); ok {
			m.Must(t, "sh", "-c", "journalctl --since "+command)
		}
	}

	// What does not come back is explained while it is down, by what systemd says now, too.
	onlyPid(t, m, "/usr/local/sbin/web")
	m.Must(t, "sh", "-c", "mv /usr/local/sbin/web /usr/local/sbin/web.gone && ln -s /bin/false /usr/local/sbin/web")
	for _, pid := range m.Pids(t, "/usr/local/sbin/web.gone") {
		m.Must(t, "kill", "-KILL", strconv.Itoa(pid))
	}
	Until(t, "web is dead", func() bool { return len(m.Pids(t, "/usr/local/sbin/web.gone")) == 0 })
	m.Must(t, "sh", "-c", "rm /usr/local/sbin/web && cp /bin/false /usr/local/sbin/web")
	expect(t, run(t, m, "web"), 2)
	a = why("web")
	expect(t, a, 0, "killed by SIGKILL", "\n  state    down since ")
	contains(t, "stdout in one line", strings.Join(strings.Fields(a.stdout), " "), "; it has been down for ", "the manager says of its service now: ")

	// Who may not read it is told so.
	a = begin(t, m, append(append([]string{}, asUser...), program, "why", "mail")...)()
	if a.status != 3 || !strings.Contains(a.stderr, "permission denied") || !strings.Contains(a.stderr, "hint: run it as root") {
		t.Errorf("another user: %v", a)
	}
}
