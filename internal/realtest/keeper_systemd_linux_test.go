package realtest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// recorder runs daemon-keeper from within a unit and leaves what it said and
// how it ended in /run; while /run/NAME.gate is a fifo it then waits.
const recorder = `#!/bin/sh
` + program + ` -e /usr/local/sbin/$1 -s $1 --boot-grace 0 --backoff 0s --recheck 100ms --verify 1s >/run/$1.out 2>&1
echo $? >/run/$1.status
[ ! -p /run/$1.gate ] || read _ </run/$1.gate
`

// On a booted systemd, each of these is true; they share one machine.
func TestKeeperSystemd(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	tree := Tree(t)
	unit := func(name, service string) {
		l.Unit(name+".service", "[Service]\nExecStart="+addDaemon(t, l, name)+" infinity\n"+service)
	}
	unit("plain", "")
	l.File("/etc/systemd/system/plain.service.d/often.conf", "[Unit]\nStartLimitIntervalSec=0\n", 0o644)
	unit("masked", "")
	l.Mask("masked.service")
	unit("second", "")
	unit("slow", "Type=notify\nTimeoutStartSec=60\n")
	unit("early", "")
	unit("late", "")
	l.Unit("first.service", "[Service]\nExecStart=/usr/bin/sleep infinity\n")
	l.Copy(tree+"/usr/bin/true", "/usr/local/sbin/exits")
	l.Unit("exits.service", "[Service]\nExecStart=/usr/local/sbin/exits\n")
	l.Unit("crashes.service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart="+
		addDaemon(t, l, "crashes")+" 0.3\nRestart=always\nRestartSec=0\n")
	l.Unit("three.service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart="+addDaemon(t, l, "three")+" no-number\n") // sleep's usage: status 1
	unit("gated", "ExecStartPre=/usr/bin/test ! -e /run/gated.shut\n")
	l.File("/usr/local/sbin/recorder", recorder, 0o755)
	l.Unit("at-boot.service", "[Service]\nType=oneshot\nExecStart=/usr/local/sbin/recorder early\n[Install]\nWantedBy=multi-user.target\n")
	l.Unit("at-shutdown.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/true\n"+
		"ExecStop=/usr/local/sbin/recorder late\n[Install]\nWantedBy=multi-user.target\n")
	m := Boot(t, tree, l)

	for _, c := range []struct {
		name string
		test func(*testing.T, *Machine)
	}{
		{"booting", systemdBooting},
		{"boot grace", systemdBootGrace},
		{"plain", systemdPlain},
		{"full unit name", systemdFullName},
		{"without service", systemdWithoutService},
		{"masked", systemdMasked},
		{"unknown", systemdUnknown},
		{"exits at once", systemdExits},
		{"fails at each start", systemdFails},
		{"a death before", systemdDiedBefore},
		{"crash loop", systemdCrashes},
		{"order", systemdOrder},
		{"slow", systemdSlow},
		{"shutting down", systemdShutdown}, // the last one
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, m) })
	}
}

// jobs runs do and returns what PID 1 said meanwhile about services that it
// stops or starts: "Started plain".
func jobs(t *testing.T, m *Machine, do func()) (list []string) {
	t.Helper()
	m.Must(t, "journalctl", "--sync")
	cursor := regexp.MustCompile(`-- cursor: (\S+)`).FindStringSubmatch(m.Must(t, "journalctl", "-n", "1", "--show-cursor"))
	if cursor == nil {
		t.Fatal("journalctl shows no cursor")
	}
	do()
	m.Must(t, "journalctl", "--sync")
	text := m.Must(t, "journalctl", "-q", "-o", "cat", "_PID=1", "--after-cursor="+cursor[1])
	job := regexp.MustCompile(`(?m)^(Stopping|Stopped|Starting|Started|Failed to start) (\S+)\.service`)
	for _, f := range job.FindAllStringSubmatch(text, -1) {
		list = append(list, f[1]+" "+f[2])
	}
	return list
}

// heldAt checks what the recorder left behind.
func heldAt(t *testing.T, m *Machine, name, why string) {
	t.Helper()
	if status := read(t, m, "/run/"+name+".status"); status != "0\n" {
		t.Errorf("status %q", status)
	}
	contains(t, "the output", read(t, m, "/run/"+name+".out"), "'/usr/local/sbin/"+name+"' is down and left alone: "+why)
	if pids := m.Pids(t, "/usr/local/sbin/"+name); len(pids) > 0 {
		t.Errorf("%s was started: %v", name, pids)
	}
}

// While systemd is still starting units, a daemon that is down is left alone.
func systemdBooting(t *testing.T, m *Machine) {
	heldAt(t, m, "early", "the machine is still booting")
	a := keep(t, m, "-e", "/usr/local/sbin/early", "-s", "early")
	expect(t, a, 1, "is up again") // so it was the boot that held it
	silent(t, m, "-e", "/usr/local/sbin/early", "-s", "early")
}

// A machine that has been up for less than --boot-grace is left alone.
func systemdBootGrace(t *testing.T, m *Machine) {
	var a answer
	if list := jobs(t, m, func() {
		a = keep(t, m, "-e", "/usr/local/sbin/plain", "-s", "plain", "--boot-grace", "100000h")
	}); len(list) > 0 {
		t.Errorf("%q", list)
	}
	expect(t, a, 0, "left alone", "less than its boot grace of 100000h")
}

// A unit that nobody has started or enabled, since nothing can enable it, and one that
// was killed are both brought back, in two steps, and a healthy run is silent.
func systemdPlain(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/plain"
	for _, how := range []string{"never started", "killed"} {
		cause := ""
		if how == "killed" {
			kill(t, m, exe)
			cause = "\n  its main process was killed by SIGKILL\n"
		}
		a := keep(t, m, "-e", exe, "-s", "plain")
		expect(t, a, 1, "'"+exe+"' was down and is up again (pid ", cause, "stop  plain", "start plain")
		if cause == "" && strings.Contains(a.stdout, "main process") {
			t.Errorf("it has never run, and is said to have died:\n%v", a)
		}
		silent(t, m, "-e", exe, "-s", "plain")
	}
}

// A service may be given as NAME.service.
func systemdFullName(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/plain"
	kill(t, m, exe)
	expect(t, keep(t, m, "-e", exe, "-s", "plain.service"), 1, "is up again")
	silent(t, m, "-e", exe, "-s", "plain.service")
	// service(8) of Debian would look for plain.service.service.
	kill(t, m, exe)
	expect(t, keep(t, m, "-e", exe, "-s", "plain.service", "-n"), 2, "/service plain start")
	expect(t, keep(t, m, "-e", exe, "-s", "plain.service"), 1)
}

// Without service(8), as on Fedora and Arch, systemctl does the work.
func systemdWithoutService(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/plain"
	m.Must(t, "chmod", "0644", "/usr/sbin/service")
	defer m.Must(t, "chmod", "0755", "/usr/sbin/service")
	kill(t, m, exe)
	expect(t, keep(t, m, "-e", exe, "-s", "plain", "-n"), 2, "/systemctl stop plain.service", "/systemctl start plain.service")
	expect(t, keep(t, m, "-e", exe, "-s", "plain"), 1, "is up again")
	silent(t, m, "-e", exe, "-s", "plain")
}

// A masked unit is left alone, with the way out; if it must not be, it is reported as
// what cannot be started. Nothing is touched.
func systemdMasked(t *testing.T, m *Machine) {
	for _, c := range []struct {
		args   []string
		status int
		word   string
	}{
		{nil, 0, "left alone"},
		{[]string{"--ignore-intent"}, 2, "not tried"},
	} {
		var a answer
		list := jobs(t, m, func() { a = keep(t, m, append(c.args, "-e", "/usr/local/sbin/masked", "-s", "masked")...) })
		expect(t, a, c.status, "it is masked", "systemctl unmask masked.service", c.word)
		if len(list) > 0 {
			t.Errorf("nothing was to be touched: %q", list)
		}
	}
}

// A service that nobody knows is refused, with a hint where to look, whether the
// daemon is up or down, and nothing is touched.
func systemdUnknown(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/plain"
	for _, state := range []string{"up", "down"} {
		if state == "down" {
			m.Must(t, "systemctl", "stop", "plain")
		}
		for _, services := range [][]string{{"-s", "nosuch"}, {"-s", "plain", "-s", "nosuch"}} {
			var a answer
			before := m.Pids(t, exe)
			folder := fmt.Sprintf("/var/lib/unknown-%s-%d", state, len(services)) // the same is told once
			list := jobs(t, m, func() { a = keep(t, m, append(services, "-e", exe, "--state-dir", folder)...) })
			expect(t, a, 3)
			contains(t, "stderr", a.stderr, "daemon-keeper: error: cannot find service nosuch",
				"daemon-keeper: hint: list the names with: systemctl list-unit-files --type=service")
			if a.stdout != "" || len(list) > 0 || !slices.Equal(m.Pids(t, exe), before) {
				t.Errorf("%s: %q, %q", state, a.stdout, list)
			}
		}
	}
}

// A unit whose program ends at once is still down, though its start exits 0.
func systemdExits(t *testing.T, m *Machine) {
	m.Must(t, "service", "exits", "start")
	Until(t, "it has ended", func() bool { _, status := m.Run(t, "systemctl", "is-active", "--quiet", "exits"); return status != 0 })
	a := keep(t, m, "-e", "/usr/local/sbin/exits", "-s", "exits", "--verify", "700ms")
	expect(t, a, 2, "hint: ")
	// It may have been seen in its short life.
	if !strings.Contains(a.stdout, "it did not appear within 700ms") && !strings.Contains(a.stdout, "did not stay up for 200ms") {
		t.Errorf("it is not said why:\n%v", a)
	}
	if strings.Contains(a.stdout, "failed") {
		t.Errorf("the start has failed:\n%v", a)
	}
}

// systemdFails: what systemd gives up at once is not waited for, and how it has ended is
// told with the command that shows its log, also while the next try is waited for.
func systemdFails(t *testing.T, m *Machine) {
	write(t, m, "/etc/three.yaml", "daemons: {three: {executable: /usr/local/sbin/three, services: [three], boot_grace: 0s, recheck: 100ms, verify: 60s, backoff: [0s, 1h]}}\n")
	began := time.Now()
	a := begin(t, m, program, "run", "--no-syslog", "-c", "/etc/three.yaml")()
	if took := time.Since(began); took > 40*time.Second {
		t.Errorf("it was waited for %v", took)
	}
	const ended = "its service has failed again: its main process has exited with status 1"
	if a.status != 2 || !strings.Contains(a.stdout, ended) || !strings.Contains(a.stdout, "see what it has said: journalctl -u three -n 50") {
		t.Errorf("%v", a)
	}
	a = begin(t, m, program, "status", "-c", "/etc/three.yaml")()
	if !strings.Contains(strings.Join(strings.Fields(a.stdout), " "), "the last time in vain: "+ended) {
		t.Errorf("status while it waits: %v", a)
	}
}

// A daemon that was dead for a while before a run has seen it was down since its death: the
// manager knows when that was. When its start command fails then, what ended its main
// process is not how the try has ended.
func systemdDiedBefore(t *testing.T, m *Machine) {
	const exe, unseen = "/usr/local/sbin/gated", 3 * time.Second
	write(t, m, "/etc/gated.yaml", "daemons: {gated: {executable: "+exe+", services: [gated], boot_grace: 0s, recheck: 0s, verify: 30s, settle: 0s, backoff: [0s]}}\n")
	run := func() answer { return begin(t, m, program, "run", "--no-syslog", "-c", "/etc/gated.yaml")() }
	m.Must(t, "systemctl", "start", "gated")
	expect(t, run(), 0)
	kill(t, m, exe)
	time.Sleep(unseen)
	write(t, m, "/run/gated.shut", "")
	if a := run(); a.status != 2 || !strings.Contains(a.stdout, "its service has failed again: its unit's start command /usr/bin/test has failed") ||
		!strings.Contains(a.stdout, "its main process was killed by SIGKILL") {
		t.Errorf("its start fails: %v", a)
	}
	m.Must(t, "rm", "/run/gated.shut")
	expect(t, run(), 1, "is up again")
	var told struct {
		Daemons []struct {
			Name      string
			Incidents []struct{ Down, Up time.Time }
		}
	}
	text := begin(t, m, program, "history", "gated", "-o", "json")().stdout
	if err := json.Unmarshal([]byte(text), &told); err != nil || len(told.Daemons) != 1 || len(told.Daemons[0].Incidents) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	ledger := m.Must(t, "cat", "/var/lib/daemon-keeper/ledger.jsonl")
	i := told.Daemons[0].Incidents[0]
	if seen := regexp.MustCompile(`"daemon":"gated".*"down":"([^"]+)"`).FindStringSubmatch(ledger); seen == nil {
		t.Errorf("the ledger has %s", ledger)
	} else if at, err := time.Parse(time.RFC3339, seen[1]); err != nil || at.Sub(i.Down) < unseen-time.Second {
		t.Errorf("down since %v, seen down at %v: %v", i.Down, at, err)
	}
}

// A daemon that dies and is revived again and again is never up again, though
// each look finds one.
func systemdCrashes(t *testing.T, m *Machine) {
	a := keep(t, m, "-e", "/usr/local/sbin/crashes", "-s", "crashes", "--settle", "1s", "--verify", "5s")
	m.Must(t, "systemctl", "stop", "crashes")
	expect(t, a, 2)
	if !regexp.MustCompile(`it came up (once|\d+ times) and did not stay up for 1s`).MatchString(a.stdout) {
		t.Errorf("it is not said why:\n%v", a)
	}
}

// Several services are stopped and started one after the other, in the order given.
func systemdOrder(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/second"
	for _, order := range [][]string{{"second", "first"}, {"first", "second"}} {
		m.Must(t, "systemctl", "start", "first")
		m.Must(t, "systemctl", "start", "second")
		kill(t, m, exe) // a stop would be somebody's wish
		first := m.Must(t, "systemctl", "show", "-p", "MainPID", "first")
		var a answer
		list := jobs(t, m, func() { a = keep(t, m, "-e", exe, "-s", order[0], "-s", order[1]) })
		expect(t, a, 1, "stop  first", "start second")
		want := []string{"Started second", "Stopping first", "Stopped first", "Started first"}
		if order[0] == "first" {
			want = append(want[1:], want[0])
		}
		if !slices.Equal(list, want) {
			t.Errorf("%q: %q", order, list)
		}
		if m.Must(t, "systemctl", "show", "-p", "MainPID", "first") == first {
			t.Error("first was not restarted")
		}
		silent(t, m, "-e", exe, "-s", order[0], "-s", order[1])
	}
}

// A start that has not ended in time, but whose daemon is up, is slow and no
// failure, and its daemon is left alone.
func systemdSlow(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/slow"
	defer m.Must(t, "systemctl", "stop", "slow")
	a := keep(t, m, "-e", exe, "-s", "slow", "--start-timeout", "5s")
	expect(t, a, 1, "is up again", "slow: it has not ended in time, but the daemon is up")
	pid := onlyPid(t, m, exe)
	if out := m.Must(t, "systemctl", "show", "-p", "ActiveState,MainPID", "slow"); !strings.Contains(out, "ActiveState=activating") {
		t.Errorf("the unit is not slow: %s", out)
	}
	silent(t, m, "-e", exe, "-s", "slow")
	samePid(t, m, exe, pid)
}

// While the machine shuts down, nothing is started.
func systemdShutdown(t *testing.T, m *Machine) {
	m.Must(t, "mkfifo", "/run/late.gate")
	m.Must(t, "systemctl", "poweroff")
	Until(t, "the run during shutdown has ended", func() bool { return read(t, m, "/run/late.status") != "" })
	heldAt(t, m, "late", "the machine is shutting down")
	m.Must(t, "sh", "-c", "echo >/run/late.gate")
	Until(t, "the machine has ended", m.Ended)
}
