package realtest

import (
	"encoding/json"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// intentConfig names each daemon as its service; overruled is kept whatever somebody
// has done to its service, unless it is paused.
const intentConfig = `
defaults: {recheck: 100ms, verify: 500ms, settle: 200ms, boot_grace: 0s, backoff: [0s]}
daemons:
  toy: {executable: /usr/local/sbin/toy, services: [toy]}
  masked: {executable: /usr/local/sbin/masked, services: [masked]}
  overruled: {executable: /usr/local/sbin/overruled, services: [overruled], respect: [pause]}
  pair: {executable: /usr/local/sbin/pair, services: [pair, helper]}
  upgraded: {executable: /usr/local/sbin/upgraded, services: [upgraded]}
  never: {executable: /usr/local/sbin/never, services: [never]}
  once: {executable: /usr/local/sbin/once, services: [once]}
  fails: {executable: /usr/local/sbin/fails, services: [fails]}
  refused: {executable: /usr/local/sbin/refused, services: [refused]}
`

// What people have done to a service on a real systemd, and what a run makes of it;
// they share one machine, each with a daemon of its own.
func TestKeeperIntent(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	const enabled = "[Install]\nWantedBy=multi-user.target\n"
	unit := func(name, service, install string) {
		l.Unit(name+".service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\n"+service+install)
	}
	for _, name := range []string{"toy", "masked", "overruled", "pair", "upgraded"} {
		unit(name, "ExecStart="+addDaemon(t, l, name)+" infinity\n", enabled)
	}
	unit("helper", "ExecStart=/usr/bin/sleep infinity\n", enabled)
	for _, name := range []string{"never", "once"} { // both are disabled
		l.File("/usr/lib/systemd/system/"+name+".service", "[Service]\nExecStart="+addDaemon(t, l, name)+" infinity\n"+enabled, 0o644)
	}
	// The daemon is not the unit's main process: while it is down the unit is up, so
	// that our stop of it is one that systemd writes down.
	for _, name := range []string{"fails", "refused"} {
		unit(name, "ExecStartPre=/usr/bin/test ! -e /run/"+name+"\nExecStart=/bin/sh -c '"+addDaemon(t, l, name)+" infinity & exec sleep infinity'\n", enabled)
	}
	l.File("/etc/daemon-keeper.yaml", intentConfig, 0o644)
	l.File("/etc/rsyslog.d/priorities.conf", priorities, 0o644)
	m := Boot(t, Tree(t), l)
	for _, c := range []struct {
		name string
		test func(*testing.T, *Machine)
	}{
		{"stopped", intentStopped},
		{"signals", intentSignals},
		{"ignored", intentIgnored},
		{"respect", intentRespect},
		{"masked", intentMasked},
		{"disabled", intentDisabled},
		{"disabled and killed", intentDisabledKilled},
		{"start fails", intentStartFails},
		{"start is refused", intentStartRefused},
		{"second service", intentSecond},
		{"packages", intentPackages},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, m) })
	}
}

// quiet fails the test unless a run with the configuration has nothing to tell.
func quiet(t *testing.T, m *Machine, name string) {
	t.Helper()
	if a := run(t, m, name); a.status != 0 || a.stdout+a.stderr != "" {
		t.Errorf("status 0 and silence were expected, not\n%v", a)
	}
}

// loggedOf are the lines that syslog has about a daemon.
func loggedOf(t *testing.T, m *Machine, name string) (list []string) {
	t.Helper()
	mark := "read at " + time.Now().String()
	m.Must(t, "logger", mark)
	Until(t, "rsyslog has written all", func() bool { return logHas(t, m, "/var/log/priorities", mark) })
	for _, line := range logged(t, m) {
		if strings.Contains(line.text, "'"+name+"'") {
			list = append(list, line.priority+" "+line.text)
		}
	}
	return list
}

// leftAlone fails the test unless a run leaves the daemon alone, does nothing, and
// says why.
func leftAlone(t *testing.T, m *Machine, name, hold string, words ...string) {
	t.Helper()
	var a answer
	list := jobs(t, m, func() { a = run(t, m, name) })
	expect(t, a, 0, "'"+name+"' is down and left alone: ")
	contains(t, "stdout", a.stdout, words...)
	if pids := m.Pids(t, "/usr/local/sbin/"+name); len(pids) > 0 || len(list) > 0 {
		t.Errorf("%s was touched: %v, %q", name, pids, list)
	}
	for _, command := range []string{"run", "check"} {
		a := run(t, m, command, name, "-o", "json")
		var all struct {
			Daemons []struct {
				Result, Hold, Reason string
				Status               int
			}
		}
		if err := json.Unmarshal([]byte(a.stdout), &all); err != nil || len(all.Daemons) != 1 {
			t.Fatalf("%s: %v: %v", command, err, a)
		}
		d := all.Daemons[0]
		if a.status != 0 || d.Status != 0 || d.Result != "held" || d.Hold != hold {
			t.Errorf("%s: %v", command, a)
		}
		contains(t, "the reason", d.Reason, words...)
	}
}

// gone waits until no process of the daemon is left.
func gone(t *testing.T, m *Machine, name string) {
	t.Helper()
	Until(t, name+" is gone", func() bool { return len(m.Pids(t, "/usr/local/sbin/"+name)) == 0 })
}

// What an operator has stopped is left alone, with the reason in every output, and
// syslog and cron are told of it once; its start ends that.
func intentStopped(t *testing.T, m *Machine) {
	onlyPid(t, m, "/usr/local/sbin/toy")
	quiet(t, m, "toy")
	m.Must(t, "systemctl", "stop", "toy")
	before := len(loggedOf(t, m, "toy"))
	leftAlone(t, m, "toy", "stopped", "service toy: it was stopped at 20", " of systemd); to have it kept again: systemctl start toy.service")
	for range 2 {
		quiet(t, m, "toy")
	}
	for _, how := range []string{"run -v", "run -o nagios", "check", "check -o nagios", "check -o mon", "status"} {
		a := run(t, m, append(strings.Fields(how), "toy")...)
		if a.status != 0 || !strings.Contains(a.stdout, "it was stopped at ") {
			t.Errorf("%q: %v", how, a)
		}
	}
	expect(t, run(t, m, "check", "toy", "--prometheus", "/run/toy.prom"), 0)
	contains(t, "the file", read(t, m, "/run/toy.prom"), `daemon_keeper_held{daemon="toy"} 1`+"\n")
	lines := loggedOf(t, m, "toy")[before:]
	if want := "daemon.notice INFO 'toy' is left alone: service toy: it was stopped at "; len(lines) != 2 ||
		lines[0] != "daemon.warning WARNING 'toy' is not running" || !strings.HasPrefix(lines[1], want) {
		t.Errorf("the log has %q", lines)
	}

	m.Must(t, "systemctl", "start", "toy")
	quiet(t, m, "toy")
	kill(t, m, "/usr/local/sbin/toy")
	expect(t, run(t, m, "toy"), 1, "is up again")
}

// A signal is not a wish, whoever has sent it.
func intentSignals(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/toy"
	for what, do := range map[string]func(){
		"kill -TERM":     func() { m.Kill(t, onlyPid(t, m, exe), syscall.SIGTERM) },
		"kill -9":        func() { m.Kill(t, onlyPid(t, m, exe), syscall.SIGKILL) },
		"systemctl kill": func() { m.Must(t, "systemctl", "kill", "toy") },
	} {
		onlyPid(t, m, exe)
		do()
		gone(t, m, "toy")
		if a := run(t, m, "toy"); a.status != 1 {
			t.Errorf("%s: %v", what, a)
		}
	}
}

// With --ignore-intent it is restarted, and the next run finds nothing to be held.
func intentIgnored(t *testing.T, m *Machine) {
	m.Must(t, "systemctl", "stop", "toy")
	leftAlone(t, m, "toy", "stopped")
	expect(t, run(t, m, "toy", "--ignore-intent"), 1, "is up again")
	quiet(t, m, "toy")
	kill(t, m, "/usr/local/sbin/toy")
	expect(t, run(t, m, "toy"), 1, "is up again")
}

// A configuration that respects pauses alone has restarted what was stopped, and not
// what is paused.
func intentRespect(t *testing.T, m *Machine) {
	m.Must(t, "systemctl", "stop", "overruled")
	expect(t, run(t, m, "overruled"), 1, "'overruled' was down and is up again")
	m.Must(t, program, "pause", "overruled", "--reason", "a new disk")
	m.Must(t, "systemctl", "stop", "overruled")
	expect(t, run(t, m, "overruled"), 0, "'overruled' is down and left alone: it is paused by ", ": a new disk")
	m.Must(t, program, "resume", "overruled")
	expect(t, run(t, m, "overruled"), 1, "'overruled' was down and is up again")
}

// What is masked is left alone; --ignore-intent cannot help.
func intentMasked(t *testing.T, m *Machine) {
	quiet(t, m, "masked")
	m.Must(t, "systemctl", "mask", "masked")
	kill(t, m, "/usr/local/sbin/masked")
	leftAlone(t, m, "masked", "disabled", "service masked: it is masked; to have it kept again: systemctl unmask masked.service")
	expect(t, run(t, m, "masked", "--ignore-intent"), 2, "it is masked", "not tried")
	m.Must(t, "systemctl", "unmask", "masked")
	expect(t, run(t, m, "masked"), 1, "is up again")
}

// What is disabled, and was never started in this boot, is left alone.
func intentDisabled(t *testing.T, m *Machine) {
	leftAlone(t, m, "never", "disabled", "service never: it is disabled, and nothing has started it since the boot; to have it kept again: systemctl enable --now never.service")
	expect(t, run(t, m, "never", "--ignore-intent"), 1, "is up again")
	kill(t, m, "/usr/local/sbin/never") // which has been up now
	expect(t, run(t, m, "never"), 1, "is up again")
}

// What is disabled, and was started by hand, is kept, whether a run has seen it up or
// not.
func intentDisabledKilled(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/once"
	m.Must(t, "systemctl", "start", "once")
	for _, seen := range []bool{false, true} {
		if seen {
			quiet(t, m, "once")
		}
		m.Kill(t, onlyPid(t, m, exe), syscall.SIGTERM)
		gone(t, m, "once")
		if a := run(t, m, "once"); a.status != 1 {
			t.Errorf("seen up: %v: %v", seen, a)
		}
	}
}

// goesOn fails the test unless runs go on trying after a stop of their own whose start
// has failed, and the last one brings it back, once that is mended. Later stops, of what
// is dead already, leave no trace; they do not make the first one the admin's.
func goesOn(t *testing.T, m *Machine, name string, lastJob string, mend func()) {
	t.Helper()
	quiet(t, m, name) // so that its death is known, though the unit's main process lives on
	kill(t, m, "/usr/local/sbin/"+name)
	const longer = 5 * time.Second // than a stop of ours may take to the journal
	for began, i := time.Now(), 0; i < 3 || time.Since(began) < longer; i++ {
		var a answer
		list := jobs(t, m, func() { a = run(t, m, name) })
		expect(t, a, 2, "cannot start service "+name)
		if i == 0 && (!slices.Contains(list, "Stopped "+name) || list[len(list)-1] != lastJob) {
			t.Errorf("it is not what this test is about: %q", list)
		}
	}
	mend()
	expect(t, run(t, m, name), 1, "is up again")
}

// Our own stop is not the admin's, though the start after it has failed.
func intentStartFails(t *testing.T, m *Machine) {
	m.Must(t, "touch", "/run/fails")
	goesOn(t, m, "fails", "Failed to start fails", func() { m.Must(t, "rm", "/run/fails") })
}

// Nor is it where systemd has refused the start, so that our stop is its last job.
func intentStartRefused(t *testing.T, m *Machine) {
	reload := func(script string) { m.Must(t, "sh", "-c", script+" && systemctl daemon-reload") }
	reload("mkdir -p /run/systemd/system/refused.service.d && printf '[Unit]\\nRefuseManualStart=yes\\n' >/run/systemd/system/refused.service.d/no.conf")
	goesOn(t, m, "refused", "Stopped refused", func() { reload("rm /run/systemd/system/refused.service.d/no.conf") })

	// A stop behind our start is the operator's, however soon it comes.
	m.Must(t, "systemctl", "stop", "refused")
	leftAlone(t, m, "refused", "stopped")
}

// Only the first service decides; another one that was stopped is left out.
func intentSecond(t *testing.T, m *Machine) {
	m.Must(t, "systemctl", "stop", "helper")
	kill(t, m, "/usr/local/sbin/pair")
	var a answer
	list := jobs(t, m, func() { a = run(t, m, "pair") })
	expect(t, a, 1, "is up again", "start helper  not tried: it was stopped at ", "to have it kept again: systemctl start helper.service")
	if !slices.Equal(list, []string{"Started pair"}) {
		t.Errorf("%q", list)
	}
	quiet(t, m, "pair")

	m.Must(t, "systemctl", "start", "helper")
	m.Must(t, "systemctl", "stop", "pair")
	list = jobs(t, m, func() { a = run(t, m, "pair") })
	expect(t, a, 0, "left alone: service pair: it was stopped at ")
	if len(list) > 0 {
		t.Errorf("%q", list)
	}
}

// While dpkg installs a package, a daemon that is down is left to it.
func intentPackages(t *testing.T, m *Machine) {
	m.Must(t, "sh", "-c", waitingPackage)
	quiet(t, m, "upgraded")
	m.Start(t, "sh", "-c", "dpkg -i /tmp/waits.deb; echo $? >/run/dpkg.status")
	Until(t, "dpkg waits in the script", func() bool { return exists(m, "/run/go") })
	kill(t, m, "/usr/local/sbin/upgraded")
	leftAlone(t, m, "upgraded", "packages", " is at work (process ", " holds /var/lib/dpkg/lock-frontend), and may start it itself")
	quiet(t, m, "upgraded")
	open(t, m, "/run/go")
	Until(t, "dpkg has ended", func() bool { return read(t, m, "/run/dpkg.status") != "" })
	if status := read(t, m, "/run/dpkg.status"); status != "0\n" {
		t.Errorf("dpkg exited with %s", status)
	}
	expect(t, run(t, m, "upgraded"), 1, "is up again")
	quiet(t, m, "upgraded")
}
