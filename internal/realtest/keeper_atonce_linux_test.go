package realtest

import (
	"strings"
	"testing"
)

// Of ten runs that find a daemon down at the same moment, one restarts it, once;
// the others say who is at work, or find it up.
func TestKeeperAtOnce(t *testing.T) {
	t.Parallel()
	const exe, runs, rounds = "/usr/local/sbin/toy", 10, 5
	l := keeperLayer(t)
	addDaemon(t, l, "toy")
	// A start that takes its time, so that the others come while it works.
	l.File("/etc/init.d/toy", strings.Replace(initScript, "start) ", "start) sleep 0.3; ", 1), 0o755)
	m := Enter(t, Tree(t), l)

	held := 0
	for round := range rounds {
		if round > 0 {
			kill(t, m, exe)
			m.Must(t, "rm", "/run/toy.calls")
		}
		var waits []func() answer
		for range runs {
			waits = append(waits, begin(t, m, keeperArgs(nil, "-e", exe, "-s", "toy", "--recheck", "500ms")...))
		}
		restored := 0
		for _, wait := range waits {
			switch a := wait(); {
			case a.status == 1 && strings.Contains(a.stdout, "is up again"):
				restored++
			case a.status == 0 && strings.Contains(a.stderr, "another run is at work on service toy: pid "):
				held++
			case a.status == 0 && strings.Contains(a.stderr, "another run is at work on service toy"):
				// which has not written down yet who it is
			case a.status == 0 && a.stdout == "": // it came when all was done
			default:
				t.Errorf("one of many has ended so: %v", a)
			}
		}
		if c := calls(t, m, "toy"); restored != 1 || c != "stop start" {
			t.Errorf("round %d: %d runs have restarted it, with %q", round, restored, c)
		}
		onlyPid(t, m, exe)
		silent(t, m, "-e", exe, "-s", "toy")
	}
	if held == 0 {
		t.Error("no run has said who is at work")
	}
}

// Two runs for different daemons that share a service do not restart it at
// once; runs that share none do not wait for each other.
func TestKeeperLocksAreOfServices(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	for _, name := range []string{"toy", "other"} {
		addDaemon(t, l, name)
	}
	l.File("/usr/local/sbin/manage", gated, 0o755)
	m := Enter(t, Tree(t), l)
	m.Must(t, "mkfifo", "/run/toy.start.gate")
	manage := []string{"--service-command", "/usr/local/sbin/manage"}

	wait := begin(t, m, keeperArgs(nil, append(manage, "-e", "/usr/local/sbin/toy", "-s", "toy")...)...)
	gateReached(t, m, "toy start")
	a := keep(t, m, append(manage, "-e", "/usr/local/sbin/other", "-s", "other", "-s", "toy")...)
	expect(t, a, 0)
	contains(t, "stderr", a.stderr, "INFO '/usr/local/sbin/other' is down: another run is at work on service toy: pid ")
	if a.stdout != "" { // the run at work will report, so there is nothing for cron to mail
		t.Errorf("it printed %q", a.stdout)
	}
	a = keep(t, m, append(manage, "-e", "/usr/local/sbin/other", "-s", "other")...)
	expect(t, a, 1, "is up again")
	open(t, m, "/run/toy.start.gate")
	expect(t, wait(), 1, "is up again")
}

// A run that gets its locks only after another has brought the daemon back finds
// it up, and leaves it alone.
func TestKeeperLooksAgainOnceLocked(t *testing.T) {
	t.Parallel()
	m, args := gatedMachine(t)
	m.Must(t, "mkfifo", "/run/toy.status.gate")
	wait := begin(t, m, keeperArgs(nil, args...)...)
	// It has seen the daemon down twice, and has no lock yet.
	Until(t, "it asks for the status", func() bool { return read(t, m, "/run/manage.status") != "" })
	m.Must(t, "mv", "/run/toy.status.gate", "/run/closed")
	expect(t, keep(t, m, args...), 1, "is up again")
	pid := onlyPid(t, m, toy)
	open(t, m, "/run/closed")
	if a := wait(); a.status != 0 || a.stdout != "" {
		t.Errorf("%v", a)
	}
	samePid(t, m, toy, pid)
	if c := read(t, m, "/run/manage.calls"); c != "toy stop\ntoy start\n" {
		t.Errorf("the calls are %q", c)
	}
}
