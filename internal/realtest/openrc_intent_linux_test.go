package realtest

import (
	"strings"
	"testing"
)

// OpenRC, as Debian has it: who stops a service by it, or takes it from the runlevels,
// wants it to be left down; a service that has died is started again.
func TestOpenRCIntent(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	for _, name := range []string{"toy", "never", "needed"} {
		exe := addDaemon(t, l, name)
		need := ""
		if name == "toy" {
			need = "depend() { need needed; }\n"
		}
		l.File("/etc/init.d/"+name, "#!/sbin/openrc-run\ncommand="+exe+" command_args=infinity command_background=true pidfile=/run/"+name+".pid\n"+need, 0o755)
	}
	m := Enter(t, managersTree(t), l)
	m.Must(t, "sh", "-c", "rm -f /etc/runlevels/*/*; rc-update add toy default; openrc sysinit; openrc boot; openrc default")
	Until(t, "OpenRC has started it", func() bool { return len(m.Pids(t, "/usr/local/sbin/toy")) == 1 })
	write(t, m, "/etc/daemon-keeper.yaml", `defaults: {boot_grace: 0s, recheck: 100ms, settle: 200ms, backoff: [0s]}
daemons:
  needed: {executable: /usr/local/sbin/needed, services: [needed]}
  never: {executable: /usr/local/sbin/never, services: [never]}
  toy: {executable: /usr/local/sbin/toy, services: [toy]}
`)
	look := func() answer {
		t.Helper()
		return begin(t, m, program, "run", "--no-syslog")()
	}
	runs := func(name string) bool { return len(m.Pids(t, "/usr/local/sbin/"+name)) == 1 }
	back := func(what, name string) {
		t.Helper()
		t.Log(what)
		if a := look(); a.status != 1 || !strings.Contains(a.stdout, "'"+name+"' was down and is up again") || !runs(name) {
			t.Errorf("%s: %v", what, a)
		}
	}
	left := func(what, name, why string) {
		t.Helper()
		t.Log(what)
		Until(t, name+" has ended", func() bool { return !runs(name) }) // a stop may not wait for that
		if a := look(); a.status != 0 || !strings.Contains(a.stdout, why) || runs(name) {
			t.Errorf("%s: %v", what, a)
		}
		if a := look(); a.status != 0 || a.stdout+a.stderr != "" || runs(name) {
			t.Errorf("%s, once more: %v", what, a)
		}
	}

	left("in no runlevel, and never started", "never", "service never: it is disabled: it is in no runlevel, and nothing has started it since the boot; to have it kept again: rc-update add never default && /sbin/rc-service never start")
	kill(t, m, "/usr/local/sbin/toy")
	back("it has died", "toy")
	m.Must(t, "rc-service", "toy", "stop")
	left("rc-service toy stop", "toy", "service toy: it was stopped, as OpenRC knows; to have it kept again: /sbin/rc-service toy start")
	m.Must(t, "rc-service", "toy", "start")
	onlyPid(t, m, "/usr/local/sbin/toy") // start-stop-daemon(8) returns after its fork
	if a := look(); a.status != 0 {
		t.Errorf("rc-service toy start: %v", a)
	}
	m.Must(t, "rc-update", "del", "toy")
	kill(t, m, "/usr/local/sbin/toy")
	back("taken from its runlevel while it ran, and died", "toy")
	m.Must(t, "rc-service", "toy", "stop")
	left("and stopped", "toy", "service toy: it was stopped, as OpenRC knows")
	kill(t, m, "/usr/local/sbin/needed")
	back("started as a dependency, in no runlevel, and died", "needed")
	if runs("toy") {
		t.Error("toy was started, though somebody has stopped it")
	}
	m.Must(t, "rc-service", "toy", "start")
	onlyPid(t, m, "/usr/local/sbin/toy") // start-stop-daemon(8) returns after its fork
	if a := look(); a.status != 0 {
		t.Errorf("rc-service toy start: %v", a)
	}
	kill(t, m, "/usr/local/sbin/needed")
	back("what toy needs has died: OpenRC stops toy with it", "needed")
	Until(t, "toy is up again", func() bool { look(); return runs("toy") })
	m.Must(t, "rc-service", "never", "start")
	onlyPid(t, m, "/usr/local/sbin/never") // start-stop-daemon(8) returns after its fork
	if a := look(); a.status != 0 {
		t.Errorf("rc-service never start: %v", a)
	}
	kill(t, m, "/usr/local/sbin/never")
	back("started by hand, in no runlevel, and died", "never")
}

// init finds what OpenRC has started, and what it writes is up; a name that OpenRC does not
// know is refused, with how to list those that it does.
func TestOpenRCInit(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	for _, name := range []string{"toy", "needed"} {
		exe := addDaemon(t, l, name)
		need := ""
		if name == "toy" {
			need = "depend() { need needed; }\n"
		}
		l.File("/etc/init.d/"+name, "#!/sbin/openrc-run\ncommand="+exe+" command_args=infinity command_background=true pidfile=/run/"+name+".pid\n"+need, 0o755)
	}
	l.File("/etc/init.d/once", "#!/sbin/openrc-run\nstart() { :; }\n", 0o755)
	m := Enter(t, managersTree(t), l)
	m.Must(t, "sh", "-c", "rm -f /etc/runlevels/*/*; rc-update add toy default; rc-update add once default; openrc sysinit; openrc boot; openrc default")
	Until(t, "OpenRC has started it", func() bool { return len(m.Pids(t, "/usr/local/sbin/toy")) == 1 })
	m.Must(t, "sh", "-c", "daemon-keeper init >/etc/daemon-keeper.yaml")
	draft := m.Must(t, "cat", "/etc/daemon-keeper.yaml")
	for _, part := range []string{"services: [toy]", "services: [needed]"} {
		if !strings.Contains(draft, part) {
			t.Errorf("no %q in\n%s", part, draft)
		}
	}
	m.Must(t, "daemon-keeper", "validate")
	if table := m.Must(t, "daemon-keeper", "status"); strings.Count(table, " up ") != 2 {
		t.Errorf("status says\n%s", table)
	}
	a := begin(t, m, program, "run", "--no-syslog", "-e", "/usr/local/sbin/toy", "-s", "nosuch")()
	const refused = "cannot find service nosuch: OpenRC or runit knows none of that name"
	if !strings.Contains(a.stdout+a.stderr, refused) || !strings.Contains(a.stdout+a.stderr, "list the names with: rc-service --list") {
		t.Errorf("an unknown name: %v", a)
	}
}

// Nothing is restarted while OpenRC shuts the machine down, though what is down then is
// otherwise brought back.
func TestOpenRCShutdown(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	exe := addDaemon(t, l, "toy")
	l.File("/etc/init.d/toy", "#!/sbin/openrc-run\ncommand="+exe+" command_args=infinity command_background=true pidfile=/run/toy.pid\n", 0o755)
	const keep = "daemon-keeper run --no-syslog --state-dir= --boot-grace 0 --recheck 0 --settle 200ms -e "
	l.File("/etc/init.d/late", "#!/sbin/openrc-run\nstart() { :; }\nstop() { kill -9 $(cat /run/toy.pid); while [ -e /proc/$(cat /run/toy.pid)/exe ]; do :; done; "+keep+exe+" -s toy -v >/run/said 2>&1; }\n", 0o755)
	m := Enter(t, managersTree(t), l)
	m.Must(t, "sh", "-c", "rm -f /etc/runlevels/*/*; rc-update add toy default; rc-update add late default; openrc sysinit; openrc boot; openrc default")
	Until(t, "OpenRC has started it", func() bool { return len(m.Pids(t, exe)) == 1 })
	kill(t, m, exe)
	if a := begin(t, m, strings.Fields(keep+exe+" -s toy")...)(); a.status != 1 {
		t.Errorf("before: %v", a)
	}
	m.Must(t, "sh", "-c", "openrc shutdown || :") // toy is dead, and its stop fails
	if said := m.Must(t, "cat", "/run/said"); !strings.Contains(said, "the machine is shutting down") || len(m.Pids(t, exe)) > 0 {
		t.Errorf("%s", said)
	}
}
