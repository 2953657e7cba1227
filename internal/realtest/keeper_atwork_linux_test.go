package realtest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

const atWorkConfig = `
defaults: {recheck: 100ms, stop_timeout: 20s, start_timeout: 20s, verify: 3s, settle: 200ms, boot_grace: 0s, backoff: [0s], probe_timeout: 10s}
daemons:
  pre: {executable: /usr/local/sbin/pre, services: [pre]}
  again: {executable: /usr/local/sbin/again, services: [again]}
  loops: {executable: /usr/local/sbin/loops, services: [loops], settle: 3s}
  dbd: {executable: /usr/local/sbin/dbd, services: [dbd], listen: "tcp://127.0.0.1:7777"}
  icy: {executable: /usr/local/sbin/icy, services: [icy], listen: "tcp://127.0.0.1:7778", expect: "hi"}
  cold: {executable: /usr/local/sbin/cold, services: [cold]}
  later: {executable: /usr/local/sbin/later, services: [later]}
  renames: {executable: /usr/local/sbin/renames, args: '^renames \(master\)', services: [renames], verify: 5m}
  endless: {executable: /usr/local/sbin/endless, services: [endless], work_limit: 1s}
`

// database is a daemon that recovers until the gate is there, and only then listens and
// tells systemd that it is ready. One without a gate greets at once.
const database = `use IO::Socket::INET; use IO::Socket::UNIX; use Socket;
$| = 1;
my ($port, $gate) = @ARGV;
until (!$gate || -e $gate) { select undef, undef, undef, 0.1 }
my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port", Listen => 5, ReuseAddr => 1) or die;
my $n = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $ENV{NOTIFY_SOCKET}) or die;
$n->send("READY=1");
while (my $c = $s->accept) { print $c "hi\n"; close $c }
`

// renaming is a daemon that takes its name once the gate is there, as amavisd does after seconds.
const renaming = `until (-e "/run/renames.go") { select undef, undef, undef, 0.1 }
$0 = "renames (master)";
sleep 1 while 1;
`

// What systemd is at work on is left to it, on a booted machine that all of these share.
func TestKeeperAtWork(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	tree := Tree(t)
	unit := func(name, service string) {
		l.Unit(name+".service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\n"+service+"[Install]\nWantedBy=multi-user.target\n")
	}
	gated := func(gate string) string {
		return "ExecStartPre=/bin/sh -c 'until test -e " + gate + "; do sleep 0.1; done'\n"
	}
	unit("pre", gated("/run/pre.go")+"ExecStart="+addDaemon(t, l, "pre")+" infinity\n")
	unit("again", "Restart=always\nRestartSec=25\nExecStart="+addDaemon(t, l, "again")+" infinity\n")
	l.Unit("loops.service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always\nRestartSec=4\nTimeoutStartSec=1\nTimeoutStopSec=1\nExecStart="+addDaemon(t, l, "loops")+" 0\n") // so short a life is hardly ever seen
	unit("later", "Restart=always\nExecStart="+addDaemon(t, l, "later")+" infinity\n")
	unit("client", "Type=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/true\nTimeoutStopSec=infinity\n"+strings.Replace(gated("/run/client.go"), "ExecStartPre", "ExecStop", 1)+"[Unit]\nAfter=later.service\n")
	unit("cold", "ExecStart="+addDaemon(t, l, "cold")+" infinity\n")
	unit("endless", "TimeoutStartSec=infinity\n"+gated("/run/endless.go")+"ExecStart="+addDaemon(t, l, "endless")+" infinity\n")
	l.File("/usr/local/lib/database.pl", database, 0o644)
	l.File("/usr/local/lib/renaming.pl", renaming, 0o644)
	for _, name := range []string{"dbd", "icy", "renames"} {
		l.Copy(tree+"/usr/bin/perl", "/usr/local/sbin/"+name)
	}
	unit("dbd", "Type=notify\nExecStart=/usr/local/sbin/dbd /usr/local/lib/database.pl 7777 /run/dbd.go\n")
	unit("icy", "Type=notify\nExecStart=/usr/local/sbin/icy /usr/local/lib/database.pl 7778\n")
	unit("renames", "Restart=always\nExecStart=/usr/local/sbin/renames /usr/local/lib/renaming.pl\n")
	l.File("/etc/daemon-keeper.yaml", atWorkConfig, 0o644)
	l.File("/etc/tmpfiles.d/gates.conf", "f /run/pre.go\nf /run/dbd.go\nf /run/endless.go\nf /run/client.go\nf /run/renames.go\n", 0o644)
	l.File("/etc/rsyslog.d/priorities.conf", priorities, 0o644)
	m := Boot(t, tree, l)
	for _, c := range []struct {
		name string
		test func(*testing.T, *Machine)
	}{
		{"a restart", atWorkRestart},
		{"auto-restart", atWorkAutoRestart},
		{"auto-restart, queued", atWorkQueued},
		{"without its name", atWorkRenames},
		{"again and again", atWorkLoops},
		{"recovery", atWorkRecovery},
		{"frozen", atWorkFrozen},
		{"for too long", atWorkTooLong},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, m) })
	}
}

// heldAtWork fails the test unless a run, a dry run and who looks leave the daemon to its
// manager, with all these words, and systemd hears of nothing.
func heldAtWork(t *testing.T, m *Machine, name string, words ...string) {
	t.Helper()
	words = append(words, "systemd is at work on service "+name+" (")
	for _, how := range []string{"run", "run -n", "status", "check", "run --ignore-intent -o json"} {
		var a answer
		if list := jobs(t, m, func() { a = run(t, m, append(strings.Fields(how), name)...) }); len(list) > 0 {
			t.Errorf("%s: systemd did %q", how, list)
		}
		switch {
		case how == "run --ignore-intent -o json":
			var all struct {
				Daemons []struct{ Result, Hold, Reason string }
			}
			if err := json.Unmarshal([]byte(a.stdout), &all); err != nil || len(all.Daemons) != 1 || all.Daemons[0].Result != "held" || all.Daemons[0].Hold != "at_work" {
				t.Errorf("%s: %v: %v", how, err, a)
			}
		case a.status != 0:
			t.Errorf("%s: %v", how, a)
		default:
			contains(t, how, strings.Join(strings.Fields(a.stdout), " "), words...)
		}
		if how == "run" { // cron has been told
			quiet(t, m, name)
		}
	}
}

// An admin's restart, which takes its time before it starts the program, is not cancelled.
func atWorkRestart(t *testing.T, m *Machine) {
	onlyPid(t, m, "/usr/local/sbin/pre")
	m.Must(t, "rm", "/run/pre.go")
	m.Start(t, "sh", "-c", "systemctl restart pre; echo $? >/run/pre.status")
	Until(t, "the unit is in ExecStartPre", func() bool { return isIn(t, m, "pre", "start-pre") })
	before := invocation(t, m, "pre")
	heldAtWork(t, m, "pre", "(start-pre for ", ", at most 1m30s)")
	m.Must(t, "touch", "/run/pre.go")
	Until(t, "the admin's restart has ended", func() bool { return strings.HasSuffix(read(t, m, "/run/pre.status"), "\n") })
	if status := read(t, m, "/run/pre.status"); status != "0\n" {
		t.Errorf("the admin's restart exited with %s", status)
	}
	if now := invocation(t, m, "pre"); now != before {
		t.Errorf("it was begun again: %s, not %s", now, before)
	}
	onlyPid(t, m, "/usr/local/sbin/pre")
	quiet(t, m, "pre")
}

// invocation is the id of a unit's present start, which each start has anew.
func invocation(t *testing.T, m *Machine, unit string) string {
	t.Helper()
	return m.Must(t, "systemctl", "show", "-p", "InvocationID", "--value", unit)
}

func isIn(t *testing.T, m *Machine, unit, sub string) bool {
	t.Helper()
	out, _ := m.Run(t, "systemctl", "show", "-p", "SubState", "--value", unit)
	return strings.TrimSpace(out) == sub
}

// stateLasts is for how many seconds a unit has been in its state.
func stateLasts(t *testing.T, m *Machine, unit string) float64 {
	t.Helper()
	since, err := strconv.ParseFloat(strings.TrimSpace(m.Must(t, "systemctl", "show", "-p", "StateChangeTimestampMonotonic", "--value", unit)), 64)
	if err != nil {
		t.Fatal(err)
	}
	up, _, _ := strings.Cut(read(t, m, "/proc/uptime"), " ")
	now, err := strconv.ParseFloat(up, 64)
	if err != nil {
		t.Fatal(err)
	}
	return now - since/1e6
}

// A daemon that systemd itself will restart comes back by that, and once.
func atWorkAutoRestart(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/again"
	kill(t, m, exe)
	a := run(t, m, "again")
	expect(t, a, 0, "'again' is down and left alone: systemd is at work on service again (auto-restart in ")
	expect(t, run(t, m, "-n", "again"), 0, "(auto-restart in ")
	quiet(t, m, "again")
	Until(t, "systemd has restarted it", func() bool { return len(m.Pids(t, exe)) == 1 })
	if out := m.Must(t, "systemctl", "show", "-p", "NRestarts", "--value", "again"); out != "1\n" {
		t.Errorf("%s restarts of systemd's own", out)
	}
	if a := run(t, m, "again"); a.status != 0 || a.stdout != "" {
		t.Errorf("%v", a)
	}
}

// A restart of systemd's own that waits in its queue comes, however long that takes. Here a unit
// that is ordered after the daemon has to end first; where many daemons die at once, systemd may
// need longer than the 5 s that it is given beyond its limits.
func atWorkQueued(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/later"
	m.Must(t, "rm", "/run/client.go")
	m.Must(t, "systemctl", "stop", "--no-block", "client")
	Until(t, "it is stopping", func() bool { return isIn(t, m, "client", "stop") })
	kill(t, m, exe)
	Until(t, "the restart is overdue", func() bool { return isIn(t, m, "later", "auto-restart") && stateLasts(t, m, "later") > 6 })
	heldAtWork(t, m, "later", "(auto-restart (queued) for ")
	m.Must(t, "touch", "/run/client.go")
	Until(t, "systemd has restarted it", func() bool { return len(m.Pids(t, exe)) == 1 })
	if out := m.Must(t, "systemctl", "show", "-p", "NRestarts", "--value", "later"); out != "1\n" {
		t.Errorf("%s restarts of systemd's own", out)
	}
	quiet(t, m, "later")
}

// A daemon that systemd has started, and that has not yet the name by which it counts, is not
// started again.
func atWorkRenames(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/renames"
	named := func() bool {
		return strings.HasPrefix(read(t, m, "/proc/"+strconv.Itoa(onlyPid(t, m, exe))+"/cmdline"), "renames (")
	}
	Until(t, "it has its name", named)
	run(t, m, "renames")
	quiet(t, m, "renames")
	m.Must(t, "rm", "/run/renames.go")
	kill(t, m, exe)
	Until(t, "systemd has restarted it", func() bool { return isIn(t, m, "renames", "running") && len(m.Pids(t, exe)) == 1 })
	pid := onlyPid(t, m, exe)
	heldAtWork(t, m, "renames", "(start of its main process for ", ", at most 5m)")
	m.Must(t, "touch", "/run/renames.go")
	Until(t, "it has its name", named)
	run(t, m, "renames") // says that somebody else has restarted it
	quiet(t, m, "renames")
	samePid(t, m, exe, pid)
}

// saidBy waits until syslog has a line of a run, which a machine with too much to do loses:
// then it stands on standard error.
func saidBy(t *testing.T, m *Machine, a answer, words ...string) {
	t.Helper()
	Until(t, "it is said", func() bool {
		return logHas(t, m, "/var/log/priorities", words...) || !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(a.stderr, w) })
	})
}

// A daemon that systemd restarts for ever is its for one round, and then ours.
func atWorkLoops(t *testing.T, m *Machine) {
	m.Must(t, "systemctl", "start", "loops")
	defer m.Run(t, "systemctl", "stop", "loops")
	var a answer
	held := false
	Until(t, "a run has acted", func() bool {
		a = run(t, m, "loops")
		held = held || strings.Contains(a.stdout, "systemd is at work on service loops (")
		return a.status != 0
	})
	if a.status != 2 || !held {
		t.Errorf("held: %v, %v", held, a)
	}
	saidBy(t, m, a, "WARNING systemd has been at work on service loops (", ") again and again, and the daemon has died once more: 'loops' is no longer left to it")
}

// A database that recovers, and does not listen yet, is not stopped.
func atWorkRecovery(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/dbd"
	onlyPid(t, m, exe)
	if a := run(t, m, "dbd"); a.status != 0 || a.stdout != "" { // what syslog is too busy for stands on standard error
		t.Errorf("%v", a)
	}
	m.Must(t, "rm", "/run/dbd.go")
	m.Kill(t, onlyPid(t, m, exe), syscall.SIGKILL)
	gone(t, m, "dbd")
	m.Must(t, "systemctl", "start", "--no-block", "dbd")
	Until(t, "it recovers", func() bool { return isIn(t, m, "dbd", "start") && len(m.Pids(t, exe)) == 1 })
	pid := onlyPid(t, m, exe)
	heldAtWork(t, m, "dbd", "(start for ")
	samePid(t, m, exe, pid)
	m.Must(t, "touch", "/run/dbd.go")
	Until(t, "it is ready", func() bool { return isIn(t, m, "dbd", "running") })
	if a := run(t, m, "dbd"); a.status != 0 || a.stdout != "" { // what syslog is too busy for stands on standard error
		t.Errorf("%v", a)
	}
	samePid(t, m, exe, pid)
}

// What an admin has frozen is left alone until it is thawed.
func atWorkFrozen(t *testing.T, m *Machine) {
	if out, status := m.Run(t, "systemctl", "freeze", "cold"); status != 0 {
		t.Skipf("systemd cannot freeze here: %s", out)
	}
	quiet(t, m, "cold")
	for _, how := range []string{"status", "run -v"} {
		a := run(t, m, append(strings.Fields(how), "cold")...)
		if text := strings.Join(strings.Fields(a.stdout), " "); a.status != 0 || !strings.Contains(text, "it is frozen, and does nothing until it is thawed (systemctl thaw cold)") {
			t.Errorf("%s: %v", how, a)
		}
	}
	m.Must(t, "systemctl", "thaw", "cold")

	const exe = "/usr/local/sbin/icy"
	pid := onlyPid(t, m, exe)
	Until(t, "icy answers", func() bool { return isIn(t, m, "icy", "running") })
	quiet(t, m, "icy")
	m.Must(t, "systemctl", "freeze", "icy")
	expect(t, run(t, m, "icy"), 0, "'icy' is down and left alone: service icy: it is frozen; to have it kept again: systemctl thaw icy.service")
	quiet(t, m, "icy")
	m.Must(t, "systemctl", "thaw", "icy")
	quiet(t, m, "icy")
	samePid(t, m, exe, pid)
}

// A start that never ends, and has no limit, is ended after the work limit.
func atWorkTooLong(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/endless"
	m.Must(t, "rm", "/run/endless.go")
	kill(t, m, exe)
	m.Must(t, "systemctl", "start", "--no-block", "endless")
	Until(t, "it starts for 2 s", func() bool { return isIn(t, m, "endless", "start-pre") && stateLasts(t, m, "endless") > 2 })
	var a answer
	done := make(chan struct{})
	wait := begin(t, m, "env", "-i", "HOME=/root", "PATH=/usr/bin:/bin", program, "endless")
	go func() { defer close(done); a = wait() }()
	Until(t, "it is stopped", func() bool {
		return strings.Contains(m.Must(t, "journalctl", "-q", "-o", "cat", "_PID=1", "UNIT=endless.service"), "Stopped endless")
	})
	m.Must(t, "touch", "/run/endless.go") // the second start succeeds
	<-done
	expect(t, a, 1, "'endless' was down and is up again")
	saidBy(t, m, a, "WARNING systemd has been at work on service endless (start-pre for ", " for longer than the limit of 1s: 'endless' is no longer left to it")
	quiet(t, m, "endless")
}

// A boot that never ends is waited for, but not for ever, and its job is named.
func TestKeeperBootLimit(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	for _, name := range []string{"late", "behind"} {
		after := ""
		if name == "behind" {
			after = "[Unit]\nAfter=forever.service\n"
		}
		l.Unit(name+".service", after+"[Service]\nExecStart="+addDaemon(t, l, name)+" infinity\n[Install]\nWantedBy=multi-user.target\n")
	}
	l.Unit("forever.service", "[Service]\nType=oneshot\nExecStart=/usr/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n")
	m := start(t, "systemd", Tree(t), []*Layer{l})
	Until(t, "all but one have started", func() bool {
		out, _ := m.Run(t, "systemctl", "list-jobs", "--no-legend", "--plain")
		f := strings.Fields(out)
		running := strings.Count(out, " running")
		return len(f) > 0 && running == 1 && strings.Contains(out, "forever.service") && len(m.Pids(t, "/usr/local/sbin/late")) == 1
	})
	const exe = "/usr/local/sbin/late"
	kill(t, m, exe)
	args := []string{"-e", exe, "-s", "late"}
	expect(t, keep(t, m, append(args, "--boot-limit", "1000h")...), 0, "left alone: the machine is still booting (see: systemctl list-jobs)")
	expect(t, keep(t, m, append(args, "--boot-limit", "1000h", "--ignore-intent", "-v")...), 0, "still booting")
	var a answer
	Until(t, "it has been booting for more than 1 s", func() bool {
		a = keep(t, m, append(args, "--boot-limit", "1s")...)
		return a.status != 0
	})
	expect(t, a, 1, "'"+exe+"' was down and is up again", "the machine has been booting for ", " of forever.service never ends (see: systemctl list-jobs)")
	silent(t, m, args...)

	// Its own start job waits behind the one that never ends, and so would ours.
	behind := []string{"-e", "/usr/local/sbin/behind", "-s", "behind", "--start-timeout", "1s", "--verify", "200ms"}
	expect(t, keep(t, m, append(behind, "--boot-limit", "1000h")...), 0, "still booting")
	a = keep(t, m, append(behind, "--boot-limit", "0", "-v")...)
	expect(t, a, 0, "systemd is at work on service behind (start job ", " is queued behind others)")
	a = keep(t, m, append(behind, "--boot-limit", "1s")...)
	expect(t, a, 2, "of forever.service never ends", "cannot start service behind")
}

// An init script that somebody has called is not called again beside it.
func TestKeeperSystemVAtWork(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	exe := addDaemon(t, l, "toy")
	l.File("/etc/init.d/toy", strings.Replace(initScript, "start) ", "start) until test -e /run/toy.go; do sleep 0.1; done; ", 1), 0o755)
	m := Enter(t, Tree(t), l)
	m.Start(t, "service", "toy", "start")
	Until(t, "the script runs", func() bool { return strings.HasSuffix(calls(t, m, "toy"), "start") })
	before := calls(t, m, "toy")
	args := []string{"-e", exe, "-s", "toy"}
	for _, how := range [][]string{nil, {"-n"}, {"--ignore-intent", "-v"}} {
		expect(t, keep(t, m, append(how, args...)...), 0, "left alone: process ", " is at work on service toy (start for ", ", at most 3m)")
	}
	if after := calls(t, m, "toy"); after != before {
		t.Errorf("the script was told %q", after)
	}
	m.Must(t, "touch", "/run/toy.go")
	onlyPid(t, m, exe)
	expect(t, keep(t, m, args...), 0)
	silent(t, m, args...)

	// One that takes too long is ended with the stop, or runs on; it holds up nothing.
	m.Must(t, "rm", "/run/toy.go")
	kill(t, m, exe)
	m.Start(t, "service", "toy", "start")
	Until(t, "the script runs", func() bool { return strings.Count(calls(t, m, "toy"), "start") > strings.Count(before, "start") })
	var a answer
	Until(t, "a run has acted", func() bool {
		a = keep(t, m, append(args, "--start-timeout", "1s", "--verify", "100ms")...)
		return a.status != 0
	})
	expect(t, a, 2, "has been at work on service toy (start for ", " for longer than its own limit of 1s")
}
