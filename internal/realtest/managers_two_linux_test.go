package realtest

import (
	"strings"
	"syscall"
	"testing"
)

// TestKeeperTwoManagers: systemd, and runit's services under it, in one configuration. One
// daemon has services of both, which are restarted in order.
func TestKeeperTwoManagers(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	const unit = "[Service]\nExecStart="
	for _, name := range []string{"web", "db", "both"} {
		exe := addDaemon(t, l, name)
		if name != "web" {
			l.Unit(name+".service", unit+exe+" infinity\n[Install]\nWantedBy=multi-user.target\n")
		}
		if name != "db" {
			l.File("/srv/services/"+name+"/run", "#!/bin/sh\nexec "+exe+" infinity\n", 0o755)
		}
	}
	l.Unit("tree.service", unit+"/usr/bin/runsvdir -P /service\nKillMode=process\n[Install]\nWantedBy=multi-user.target\n")
	l.Symlink("/srv/services", "/service")
	l.File("/etc/daemon-keeper.yaml", `defaults: {boot_grace: 0s, recheck: 100ms, settle: 200ms, backoff: [0s]}
daemons:
  tree: {executable: /usr/bin/runsvdir, services: [tree]}
  web: {executable: /usr/local/sbin/web, services: ["runit:web", db], after: [tree]}
  db: {executable: /usr/local/sbin/db, services: ["systemd:db"]}
`, 0o644)
	m := Boot(t, managersTree(t), l)
	Until(t, "all run", func() bool {
		return len(m.Pids(t, "/usr/local/sbin/web")) == 1 && len(m.Pids(t, "/usr/local/sbin/db")) == 1
	})
	run := func(more ...string) answer {
		t.Helper()
		a := begin(t, m, append([]string{program, "run", "--no-syslog"}, more...)...)()
		t.Logf("run %q: %v", more, a)
		return a
	}
	if a := run(); a.status != 0 || a.stdout != "" {
		t.Errorf("all are up: %v", a)
	}

	t.Log("one daemon, two services of two managers, in order")
	m.Must(t, "sv", "down", "/service/web")
	Until(t, "web has ended", func() bool { return len(m.Pids(t, "/usr/local/sbin/web")) == 0 })
	db := onlyPid(t, m, "/usr/local/sbin/db")
	a := run("--ignore-intent", "web")
	order := []string{"stop  runit:web", "start runit:web", "stop  db", "start db"}
	at := -1
	for _, step := range order {
		next := strings.Index(a.stdout, step)
		if next <= at {
			t.Errorf("no %q in its place", step)
		}
		at = next
	}
	if a.status != 1 || onlyPid(t, m, "/usr/local/sbin/db") == db {
		t.Errorf("web is back, and db was restarted: %v", a)
	}

	t.Log("the tree's own death: its daemons go on, and systemd's service brings it back")
	web := onlyPid(t, m, "/usr/local/sbin/web")
	m.Kill(t, onlyPid(t, m, "/usr/bin/runsvdir"), syscall.SIGKILL)
	m.Kill(t, onlyPid(t, m, "/usr/local/sbin/db"), syscall.SIGKILL)
	if a := run(); a.status != 1 || !strings.Contains(a.stdout, "'tree' was down and is up again") || !strings.Contains(a.stdout, "'db' was down and is up again") {
		t.Errorf("both are brought back: %v", a)
	}
	if onlyPid(t, m, "/usr/local/sbin/web") != web {
		t.Error("web was restarted with its tree")
	}

	t.Log("a name that two know")
	a = run("-e", "/usr/local/sbin/both", "-s", "both")
	if text := a.stdout + a.stderr; a.status != 3 || !strings.Contains(text, "cannot tell which service both is meant: systemd and runit have one of that name") || !strings.Contains(text, "write which one: systemd:both or runit:both") {
		t.Errorf("both: %v", a)
	}
	a = run("-e", "/usr/local/sbin/web", "-s", "openrc:web")
	if !strings.Contains(a.stdout+a.stderr, "cannot find service openrc:web: there is no OpenRC on this machine, only systemd, runit,") {
		t.Errorf("openrc:web: %v", a)
	}

	t.Log("svstat")
	lines := m.Must(t, program, "status", "-o", "svstat")
	for _, name := range []string{"web", "db", "tree"} {
		if !strings.Contains(lines, name+": up (pid ") {
			t.Errorf("no %s in\n%s", name, lines)
		}
	}

	t.Log("init names each by its manager, where that must be said")
	m.Must(t, "sh", "-c", program+" init >/etc/daemon-keeper.yaml")
	draft := m.Must(t, "cat", "/etc/daemon-keeper.yaml")
	for _, part := range []string{"services: ['runit:web']", "services: [db]", "'systemd:both'", "'runit:both'"} {
		if !strings.Contains(draft, part) {
			t.Errorf("no %s in\n%s", part, draft)
		}
	}
	m.Must(t, program, "validate")
	if table, status := m.Run(t, program, "status"); status != 0 {
		t.Errorf("status exits %d and says\n%s", status, table)
	}
}
