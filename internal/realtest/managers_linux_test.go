package realtest

import (
	"fmt"
	"path"
	"strings"
	"syscall"
	"testing"
)

// superviseTest is one family of supervisors, in the same words.
type superviseTest struct {
	name    string   // as the router calls it
	prefix  string   // of its services
	folder  string   // where it looks for them
	home    string   // where a layer has them
	scanner []string // that starts its supervisors
	watcher string   // its program for each service
	down    []string // has a service left down, by its folder
	up      []string
	own     string // Debian's own service, which init finds, too; "" if there is none
	cause   string // that a run tells of a daemon that was told to be down
	logs    string // the run script of a log service; "" for none
}

// superviseLayer has services of every kind: one that runs; one that ignores TERM; one that
// ends at once; one that has a down file.
func (f superviseTest) layer(t *testing.T) *Layer {
	t.Helper()
	l := keeperLayer(t)
	for _, name := range []string{"toy", "hung", "later"} {
		addDaemon(t, l, name)
	}
	run := func(name, script string) { l.File(f.home+"/"+name+"/run", "#!/bin/sh\n"+script+"\n", 0o755) }
	run("toy", "exec 2>&1\necho 'cannot find my shoes'\nexec /usr/local/sbin/toy infinity")
	run("hung", "trap '' TERM\nexec /usr/local/sbin/hung infinity")
	run("flap", "exec /usr/local/sbin/flap 0.3")
	addDaemon(t, l, "flap")
	run("later", "exec /usr/local/sbin/later infinity")
	l.File(f.home+"/later/down", "", 0o644)
	if f.logs != "" {
		l.File(f.home+"/toy/log/run", "#!/bin/sh\n"+f.logs+"\n", 0o755)
		l.Dir(f.home+"/toy/log/main", 0o755)
	}
	l.File("/etc/daemon-keeper.yaml", fmt.Sprintf(`defaults: {boot_grace: 0s, recheck: 100ms, settle: 200ms, stop_timeout: 2s, verify: 5s, backoff: [0s]}
daemons:
  toy: {executable: /usr/local/sbin/toy, services: [toy]}
  hung: {executable: /usr/local/sbin/hung, services: ["%s:hung"], leftovers: end, listen: "tcp://127.0.0.1:1"}
  flap: {executable: /usr/local/sbin/flap, services: ["%s:%s/flap"]}
  later: {executable: /usr/local/sbin/later, services: [later]}
`, f.prefix, f.prefix, f.folder), 0o644)
	return l
}

// keeperOver asks the same of each family.
func (f superviseTest) keeperOver(t *testing.T, m *Machine) {
	pidOf := func(name string) int {
		pids := m.Pids(t, "/usr/local/sbin/"+name)
		if len(pids) != 1 {
			return 0
		}
		return pids[0]
	}
	last := ""
	run := func(name string, more ...string) answer {
		t.Helper()
		argv := append([]string{program, "run", "--no-syslog", "-v"}, more...)
		a := begin(t, m, append(argv, name)...)()
		if said := fmt.Sprint(a.status, a.stderr); said != last {
			t.Logf("run %s: %v", name, a)
			last = said
		}
		return a
	}
	Until(t, "its services run", func() bool { return pidOf("toy") > 0 && pidOf("hung") > 0 })

	t.Log("a daemon that was killed is its supervisor's, which has its time")
	before := pidOf("toy")
	if a := run("toy"); a.status != 0 {
		t.Errorf("it is up: %v", a)
	}
	m.Kill(t, before, syscall.SIGKILL)
	if a := run("toy"); a.status != 0 || strings.Contains(a.stderr, "stopping") {
		t.Errorf("a moment after its death: %v", a)
	}
	Until(t, "it is up again", func() bool { return pidOf("toy") > 0 && pidOf("toy") != before })

	t.Log("down by somebody's wish")
	m.Must(t, f.down[0], append(f.down[1:], f.folder+"/toy")...)
	Until(t, "it is down", func() bool { return pidOf("toy") == 0 })
	if a := run("toy"); a.status != 0 || !strings.Contains(a.stdout+a.stderr, "its supervisor was told to leave it down") || pidOf("toy") > 0 {
		t.Errorf("a wish: %v", a)
	}
	if a := run("later"); a.status != 0 || !strings.Contains(a.stdout+a.stderr, "to have it kept again") || pidOf("later") > 0 {
		t.Errorf("a down file: %v", a)
	}
	if a := run("toy", "--ignore-intent"); a.status != 1 || !strings.Contains(a.stdout, "is up again") || pidOf("toy") == 0 || !strings.Contains(a.stdout, f.cause) {
		t.Errorf("started: %v", a)
	}

	t.Log("a daemon that ignores TERM")
	before = pidOf("hung")
	a := run("hung")
	Until(t, "its supervisor has had its time", func() bool {
		if strings.Contains(a.stdout, "left alone") {
			a = run("hung")
		}
		return !strings.Contains(a.stdout, "left alone")
	})
	if !strings.Contains(a.stdout+a.stderr, fmt.Sprintf("process %d has not ended in time; its supervisor is told to send it KILL", before)) || pidOf("hung") == before {
		t.Errorf("hung: %v, was %d, is %d", a, before, pidOf("hung"))
	}
	Until(t, "it is up again", func() bool { return pidOf("hung") > 0 })
	m.Must(t, "sed", "-i", "s/leftovers: end/leftovers: report/", "/etc/daemon-keeper.yaml")
	before = pidOf("hung")
	Until(t, "its supervisor has had its time", func() bool {
		a = run("hung")
		return !strings.Contains(a.stdout, "left alone")
	})
	if !strings.Contains(a.stdout+a.stderr, fmt.Sprintf("process %d still runs", before)) || pidOf("hung") != before {
		t.Errorf("hung, and not to be killed: %v, was %d, is %d", a, before, pidOf("hung"))
	}

	t.Log("a daemon that its supervisor starts again and again")
	Until(t, "its flapping is told", func() bool {
		a := run("flap")
		return strings.Contains(a.stdout+a.stderr, "by its supervisor ("+f.watcher+")") && strings.Contains(a.stdout+a.stderr, "restarted ") && !strings.Contains(a.stderr, "stopping")
	})
	m.Must(t, f.down[0], append(f.down[1:], f.folder+"/flap")...)
	Until(t, "flap is left down", func() bool { return strings.Contains(run("flap").stdout, "told to leave it down") }) // supervise(8) obeys after a second

	t.Log("an unknown name")
	a = begin(t, m, program, "run", "--no-syslog", "-e", "/usr/local/sbin/toy", "-s", f.prefix+":nosuch")()
	if text := a.stdout + a.stderr; !strings.Contains(text, "cannot find service "+f.prefix+":nosuch: "+f.name+" knows none of that name") || !strings.Contains(text, "list the names with: ls ") {
		t.Errorf("an unknown name: %v", a)
	}

	t.Log("init")
	m.Must(t, "sh", "-c", "daemon-keeper init >/etc/daemon-keeper.yaml")
	draft := m.Must(t, "cat", "/etc/daemon-keeper.yaml")
	for _, name := range []string{"toy", "hung"} {
		if part := "'" + f.prefix + ":" + name + "'"; !strings.Contains(draft, part) {
			t.Errorf("no %q in\n%s", part, draft)
		}
	}
	if f.own != "" && !strings.Contains(draft, "'"+f.prefix+":"+f.own+"'") {
		t.Errorf("no %s of Debian's own in\n%s", f.own, draft)
	}
	m.Must(t, program, "validate")
	if table, status := m.Run(t, program, "status"); status != 0 || strings.Count(table, " up ") < 2 {
		t.Errorf("status exits %d and says\n%s", status, table)
	} else {
		t.Logf("%s", table)
	}

	if lines, _ := m.Run(t, program, "status", "-o", "svstat"); !strings.Contains(lines, fmt.Sprintf("toy: up (pid %d) ", pidOf("toy"))) {
		t.Errorf("svstat says\n%s", lines)
	}

	t.Log("the end of its supervisor")
	m.Kill(t, onlyPid(t, m, f.binary(f.scanner[0])), syscall.SIGKILL)
	for _, pid := range m.Pids(t, f.binary(f.watcher)) {
		m.Kill(t, pid, syscall.SIGKILL)
	}
	Until(t, "nothing supervises", func() bool { return len(m.Pids(t, f.binary(f.watcher))) == 0 })
	for _, pid := range m.Pids(t, "/usr/local/sbin/toy") { // none, if its supervisor has just begun anew
		m.Kill(t, pid, syscall.SIGKILL)
	}
	a = begin(t, m, program, "run", "--no-syslog", "--state-dir=", "--boot-grace=0", "--recheck=0", "-e", "/usr/local/sbin/toy", "-s", f.prefix+":toy")()
	if !strings.Contains(a.stdout+a.stderr, "it is without a supervisor: no "+f.watcher+" runs for "+f.folder+"/toy") {
		t.Errorf("without a supervisor: %v", a)
	}
}

// binary is the path of one of its programs.
func (superviseTest) binary(name string) string { return path.Join("/usr/bin", path.Base(name)) }

// TestKeeperRunit: runit's services are its own to start again, and the keeper's where it
// cannot.
func TestKeeperRunit(t *testing.T) {
	t.Parallel()
	f := superviseTest{
		name: "runit", prefix: "runit", folder: "/etc/service", home: "/etc/runit/runsvdir/default", scanner: []string{"runsvdir", "-P", "/etc/service"}, watcher: "runsv",
		down: []string{"sv", "down"}, up: []string{"sv", "up"}, logs: "exec svlogd -tt ./main", own: "ssh", cause: "cannot find my shoes",
	}
	m := Enter(t, managersTree(t), f.layer(t))
	m.Must(t, "mkdir", "-p", "/run/runit/supervise") // as Debian's stage 1 does
	m.Start(t, f.scanner[0], f.scanner[1:]...)
	f.keeperOver(t, m)
}

// TestKeeperDaemontools: svc waits for nothing, so the keeper does.
func TestKeeperDaemontools(t *testing.T) {
	t.Parallel()
	f := superviseTest{
		name: "daemontools", prefix: "svc", folder: "/service", home: "/service", scanner: []string{"svscan", "/service"}, watcher: "supervise",
		down: []string{"svc", "-d"}, up: []string{"svc", "-u"}, logs: "exec multilog t ./main", cause: "cannot find my shoes",
	}
	m := Enter(t, managersTree(t), f.layer(t))
	m.Start(t, f.scanner[0], f.scanner[1:]...)
	f.keeperOver(t, m)
}

// TestKeeperS6: s6 knows how a daemon has ended, and counts its deaths.
func TestKeeperS6(t *testing.T) {
	t.Parallel()
	f := superviseTest{
		name: "s6", prefix: "s6", folder: "/run/service", home: "/srv/service", scanner: []string{"s6-svscan", "/run/service"}, watcher: "s6-supervise",
		down: []string{"s6-svc", "-d"}, up: []string{"s6-svc", "-u"}, cause: "its process was killed by SIGTERM",
	}
	l := f.layer(t)
	m := Enter(t, managersTree(t), l)
	m.Must(t, "cp", "-r", f.home, f.folder)
	m.Start(t, f.scanner[0], f.scanner[1:]...)
	f.keeperOver(t, m)
}
