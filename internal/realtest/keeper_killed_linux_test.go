package realtest

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// gated is a program for --service-command. It waits while there is a fifo
// called /run/SERVICE.VERB.gate, and writes down what it was told to do, its
// status elsewhere. As with every manager, what runs is not started twice.
const gated = `#!/bin/sh
log=/run/manage.calls
[ "$2" != status ] || log=/run/manage.status
gate=/run/$1.$2.gate
[ ! -p "$gate" ] || exec 3<>"$gate" # before it is said that it is told, for the gate may be moved then
echo "$1 $2" >>$log
[ ! -p /dev/fd/3 ] || { read -r _ <&3; exec 3<&-; }
case $2 in
start) kill -0 "$(cat /run/$1.pid)" || { /usr/local/sbin/$1 infinity & echo $! >/run/$1.pid; } ;;
status) exit 3 ;;
esac 2>/dev/null
`

// gatedMachine has the daemon toy, which is down, and gated.
func gatedMachine(t *testing.T) (m *Machine, args []string) {
	t.Helper()
	l := keeperLayer(t)
	exe := addDaemon(t, l, "toy")
	l.File("/usr/local/sbin/manage", gated, 0o755)
	return Enter(t, Tree(t), l), []string{"--service-command", "/usr/local/sbin/manage", "-e", exe, "-s", "toy"}
}

// gateReached waits until gated has been told to do just this.
func gateReached(t *testing.T, m *Machine, calls ...string) {
	t.Helper()
	want := strings.Join(calls, "\n") + "\n"
	Until(t, "the calls are "+want, func() bool {
		return strings.HasSuffix(read(t, m, "/run/manage.calls"), want)
	})
}

// open lets a gate's reader go on.
func open(t *testing.T, m *Machine, gate string) {
	t.Helper()
	m.Must(t, "sh", "-c", "echo >"+gate)
}

// runPid is the process of the only run: a step has a child of the program, too.
func runPid(t *testing.T, m *Machine) int {
	t.Helper()
	var runs []int
	Until(t, "one run", func() bool {
		runs = nil
		for _, pid := range m.Pids(t, program) {
			args, err := os.ReadFile(m.Path("/proc/" + strconv.Itoa(pid) + "/cmdline"))
			if err == nil && len(args) > 0 && !strings.HasPrefix(string(args), "daemon-keeper: step") {
				runs = append(runs, pid)
			}
		}
		return len(runs) == 1
	})
	return runs[0]
}

// A run that is killed outright between a stop and a start, or while it starts,
// leaves no lock. The next run waits for the command that it leaves: that may be a
// stop, which must not come after the start. Then it brings the daemon back.
func TestKeeperKilledOutright(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"stop", "start"} {
		t.Run(verb, func(t *testing.T) {
			m, args := gatedMachine(t)
			startSyslogd(t, m)
			said := func(words string) {
				t.Helper()
				Until(t, "syslog has: "+words, func() bool { return logHas(t, m, "/var/log/syslog", words) })
			}
			gate := "/run/toy." + verb + ".gate"
			m.Must(t, "mkfifo", gate)
			wait := begin(t, m, keeperArgs(nil, args...)...)
			gateReached(t, m, "toy "+verb)
			expect(t, keep(t, m, args...), 0)
			said("another run is at work on service toy")
			m.Kill(t, runPid(t, m), syscall.SIGKILL)
			if a := wait(); a.status != 128+9 {
				t.Fatalf("it was not killed: %v", a)
			}
			m.Must(t, "mv", gate, "/run/closed") // at which only the one that was left waits
			wait = begin(t, m, keeperArgs(nil, args...)...)
			said("waiting for the " + verb + " of service 'toy', which the run of ")
			open(t, m, "/run/closed")
			expect(t, wait(), 1, "is up again")
			onlyPid(t, m, "/usr/local/sbin/toy")
			silent(t, m, args...)
		})
	}
}

// A run that is told to end while it stops a service still starts it.
func TestKeeperTerminated(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			m, args := gatedMachine(t)
			m.Must(t, "mkfifo", "/run/toy.stop.gate")
			wait := begin(t, m, keeperArgs(nil, args...)...)
			gateReached(t, m, "toy stop")
			m.Kill(t, runPid(t, m), sig)
			m.Kill(t, runPid(t, m), sig) // an impatient one
			open(t, m, "/run/toy.stop.gate")
			a := wait()
			if a.status != 1 && a.status != 2 {
				t.Errorf("status 1 or 2 was expected:\n%v", a)
			}
			if want := "toy stop toy start"; want != strings.Join(strings.Fields(read(t, m, "/run/manage.calls")), " ") {
				t.Errorf("the calls are %q", read(t, m, "/run/manage.calls"))
			}
			onlyPid(t, m, "/usr/local/sbin/toy")
			silent(t, m, args...)
		})
	}
}

// A run that is told to end does not begin with the next service.
func TestKeeperTerminatedBetweenServices(t *testing.T) {
	t.Parallel()
	m, args := gatedMachine(t)
	m.Must(t, "mkfifo", "/run/first.start.gate")
	wait := begin(t, m, keeperArgs(nil, slices.Concat([]string{"-s", "first"}, args)...)...)
	gateReached(t, m, "first stop", "first start")
	m.Kill(t, runPid(t, m), syscall.SIGTERM)
	open(t, m, "/run/first.start.gate")
	expect(t, wait(), 2, "this run was interrupted")
	if c := read(t, m, "/run/manage.calls"); c != "first stop\nfirst start\n" {
		t.Errorf("the calls are %q", c)
	}
}

// A run that is told to end before its second look has touched nothing.
func TestKeeperTerminatedBeforeItActs(t *testing.T) {
	t.Parallel()
	m, args := gatedMachine(t)
	startSyslogd(t, m)
	wait := begin(t, m, keeperArgs(nil, append(args, "--recheck", "50s")...)...)
	pid := runPid(t, m)
	Until(t, "it is past its first steps", func() bool { return hasSocket(m, pid) })
	m.Kill(t, pid, syscall.SIGTERM)
	a := wait()
	expect(t, a, 3)
	contains(t, "stderr", a.stderr, "interrupted before a second look")
	if c := read(t, m, "/run/manage.calls"); c != "" {
		t.Errorf("the calls are %q", c)
	}
}

// hasSocket says if a process has opened a socket, as daemon-keeper does for
// syslog once it has taken its signals into its own hands.
func hasSocket(m *Machine, pid int) bool {
	dir := m.Path("/proc/" + strconv.Itoa(pid) + "/fd/")
	list, _ := os.ReadDir(dir) // none if it has ended
	for _, fd := range list {
		if link, _ := os.Readlink(filepath.Join(dir, fd.Name())); strings.HasPrefix(link, "socket:") {
			return true
		}
	}
	return false
}
