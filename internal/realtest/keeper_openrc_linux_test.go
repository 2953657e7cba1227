package realtest

import (
	"strings"
	"testing"
)

// TestKeeperOpenRC: a service of OpenRC's own kind whose daemon was killed cannot be stopped,
// and its start does nothing: it is zapped, and people are told. One that ignores TERM is
// ended by OpenRC itself, as its script says.
func TestKeeperOpenRC(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	script := func(name, command string) {
		l.File("/etc/init.d/"+name, "#!/sbin/openrc-run\ncommand="+command+" command_background=true pidfile=/run/"+name+".pid retry=TERM/1/KILL/5\n", 0o755)
	}
	toy, hung := addDaemon(t, l, "toy"), addDaemon(t, l, "hung")
	script("toy", toy+" command_args=infinity")
	l.File("/etc/init.d/hung", `#!/sbin/openrc-run
start() { start-stop-daemon --start --background --make-pidfile --pidfile /run/hung.pid --exec /usr/bin/env -- --ignore-signal=TERM /usr/local/sbin/hung infinity; }
stop() { start-stop-daemon --stop --retry TERM/1/KILL/5 --pidfile /run/hung.pid; }
`, 0o755)
	l.File("/etc/daemon-keeper.yaml", `defaults: {boot_grace: 0s, recheck: 100ms, settle: 200ms, verify: 2s, backoff: [0s]}
daemons:
  toy: {executable: /usr/local/sbin/toy, services: ["openrc:toy"]}
  hung: {executable: /usr/local/sbin/hung, services: [hung], listen: "tcp://127.0.0.1:1"}
`, 0o644)
	m := Enter(t, managersTree(t), l)
	m.Must(t, "sh", "-c", "rm -f /etc/runlevels/*/*; rc-update add toy default; rc-update add hung default; openrc sysinit; openrc boot; openrc default")
	Until(t, "OpenRC has started both", func() bool { return len(m.Pids(t, toy)) == 1 && len(m.Pids(t, hung)) == 1 })
	run := func(name string) answer {
		t.Helper()
		a := begin(t, m, program, "run", "--no-syslog", name)()
		t.Logf("run %s: %v", name, a)
		return a
	}
	if a := run("toy"); a.status != 0 {
		t.Errorf("it is up: %v", a)
	}
	kill(t, m, toy)
	if a := run("toy"); a.status != 1 || !strings.Contains(a.stdout, "service openrc:toy: its stop has failed, and OpenRC still calls it started: zapped") || len(m.Pids(t, toy)) != 1 {
		t.Errorf("killed: %v", a)
	}
	before := onlyPid(t, m, hung)
	if a := run("hung"); a.status != 2 || onlyPid(t, m, hung) == before {
		t.Errorf("hung, and restarted: %v", a)
	}
	lines := m.Must(t, "sh", "-c", program+" status -o svstat; :")
	if !strings.Contains(lines, "toy: up (pid ") {
		t.Errorf("svstat says\n%s", lines)
	}
	if a := run("toy"); a.status != 0 { // it was up after our stop of another one, which OpenRC could have stopped it with
		t.Errorf("up: %v", a)
	}
	m.Must(t, "rc-service", "toy", "stop")
	if a := run("toy"); a.status != 0 || !strings.Contains(a.stdout, "service openrc:toy: it was stopped, as OpenRC knows") {
		t.Errorf("stopped: %v", a)
	}
	if lines, _ = m.Run(t, program, "status", "-o", "svstat"); !strings.Contains(lines, "toy: down ") {
		t.Errorf("svstat says\n%s", lines)
	}
	t.Log(lines)
}
