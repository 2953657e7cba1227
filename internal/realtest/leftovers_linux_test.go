package realtest

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// slowDaemon takes 3 s to end when it is told to, and does not listen while /run/sick is
// there at its start.
const slowDaemon = `
use IO::Socket::UNIX;
my $path = "/run/slow.sock";
$SIG{TERM} = sub { sleep 3; exit };
unlink $path;
my $s = -e "/run/sick" ? undef : IO::Socket::UNIX->new(Local => $path, Listen => 5);
open my $f, ">", "/run/slow.pid"; print $f $$; close $f;
select undef, undef, undef, 0.2 while 1;
`

// slowScript is as most init scripts are: its stop only signals, and its start does
// nothing while the daemon runs.
const slowScript = `#!/bin/sh
alive() { pid=$(cat /run/slow.pid 2>/dev/null) && kill -0 "$pid" 2>/dev/null; }
case $1 in
start) if alive; then echo "slow is already running"; exit 0; fi
	/usr/local/sbin/slow /usr/local/lib/slow.pl </dev/null >/dev/null 2>&1 & ;;
stop) if alive; then kill "$pid"; fi ;;
status) alive || exit 3 ;;
esac
`

const leftoversDefaults = "defaults: {recheck: 100ms, verify: 5s, settle: 200ms, boot_grace: 0s, backoff: [0s], stop_timeout: 10s}\ndaemons:\n"

// A stop that returns at once, a daemon that takes 3 s to end, a start that says that it
// is running: the start waits, and the daemon is back by one run.
func TestLeftoversStopReturnsEarly(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	l.Copy(Tree(t)+"/usr/bin/perl", "/usr/local/sbin/slow")
	l.File("/usr/local/lib/slow.pl", slowDaemon, 0o644)
	l.File("/etc/init.d/slow", slowScript, 0o755)
	l.File("/etc/daemon-keeper.yaml", leftoversDefaults+
		"  slow: {executable: /usr/local/sbin/slow, listen: \"unix:///run/slow.sock\", services: [slow]}\n", 0o644)
	m := Enter(t, Tree(t), l)

	m.Must(t, "sh", "-c", "touch /run/sick; service slow start")
	Until(t, "the daemon has written its pidfile", func() bool {
		_, status := m.Run(t, "test", "-s", "/run/slow.pid")
		return status == 0
	})
	old := onlyPid(t, m, "/usr/local/sbin/slow")
	m.Must(t, "rm", "/run/sick")
	a := run(t, m, "-v")
	expect(t, a, 1, "'slow' was down (no socket /run/slow.sock) and is up again")
	contains(t, "the log", a.stderr, "the old processes (pid "+strconv.Itoa(old)+") ended ", " s after the stop")
	if pid := onlyPid(t, m, "/usr/local/sbin/slow"); pid == old {
		t.Errorf("it is still pid %d", pid)
	}
}

// nginx without systemd: its main process is killed, its workers of another user hold
// port 80, stop finds nothing, and no start succeeds. That is told, and mended if asked.
func TestLeftoversOfNginx(t *testing.T) {
	t.Parallel()
	tree := daemonsTree(t)
	l := keeperLayer(t)
	config := func(leftovers string) string {
		return leftoversDefaults + "  nginx: {executable: /usr/sbin/nginx, user: root, services: [nginx], leftovers: " + leftovers + "}\n"
	}
	l.File("/etc/daemon-keeper.yaml", config("report"), 0o644)
	m := Enter(t, tree, l)
	m.Must(t, "service", "nginx", "start")
	const exe = "/usr/sbin/nginx"
	var before []int
	processors, err := strconv.Atoi(strings.TrimSpace(m.Must(t, "getconf", "_NPROCESSORS_ONLN")))
	if err != nil {
		t.Fatal(err)
	}
	Until(t, "nginx has a worker of another user for each processor", func() bool {
		before = m.Pids(t, exe)
		workers, _ := m.Run(t, "pgrep", "-c", "-u", "www-data", "-x", "nginx") // they begin as root
		return len(before) == 1+processors && strings.TrimSpace(workers) == strconv.Itoa(processors)
	})
	silentRun(t, m) // it remembers them

	master := mainOf(t, m, before)
	m.Kill(t, master, syscall.SIGKILL)
	workers := slices.DeleteFunc(before, func(pid int) bool { return pid == master })
	Until(t, "the main process is gone", func() bool { return !slices.Contains(m.Pids(t, exe), master) })

	a := run(t, m)
	text := leftLine(workers, "www-data") + "tcp 0.0.0.0:80, tcp6 [::]:80"
	expect(t, a, 2, "'nginx' is down: it did not appear within 5s; "+text, "start nginx", "failed", "hint: end what is left (kill "+strconv.Itoa(workers[0]), "leftovers: end")
	if pids := m.Pids(t, exe); !slices.Equal(pids, workers) {
		t.Errorf("running are %v, of before %v", pids, workers)
	}

	write(t, m, "/etc/daemon-keeper.yaml", config("end"))
	if a := run(t, m, "--dry-run"); a.status != 2 || !slices.Equal(m.Pids(t, exe), workers) {
		t.Errorf("a dry run: %v", a)
	}
	a = run(t, m, "-v")
	expect(t, a, 1, "'nginx' was down and is up again", "of what was left, ")
	for _, pid := range workers {
		contains(t, "the log", a.stderr, "sent TERM to process "+strconv.Itoa(pid)+" of www-data, which is left")
		if slices.Contains(m.Pids(t, exe), pid) {
			t.Errorf("worker %d still runs", pid)
		}
	}
	silentRun(t, m)
}

// deafDaemon says hello to whoever connects, unless /run/sick was there at its start.
const deafDaemon = `
use IO::Socket::UNIX;
my ($path, $deaf) = ("/run/deaf.sock", -e "/run/sick");
unlink $path;
my $s = IO::Socket::UNIX->new(Local => $path, Listen => 5);
if ($deaf) { select undef, undef, undef, 0.2 while 1 }
while (my $c = $s->accept) { print $c "hello\n"; close $c }
`

// A stop that finds nothing, as with a stale pidfile, and a start that starts a second
// one: the first is told of, and with leftovers: end there is one.
func TestLeftoversDoubled(t *testing.T) {
	t.Parallel()
	for _, leftovers := range []string{"report", "end"} {
		t.Run(leftovers, func(t *testing.T) {
			l := keeperLayer(t)
			const exe = "/usr/local/sbin/deaf"
			l.Copy(Tree(t)+"/usr/bin/perl", exe)
			l.File("/usr/local/lib/deaf.pl", deafDaemon, 0o644)
			l.File("/etc/init.d/deaf", "#!/bin/sh\n[ $1 != start ] || "+exe+" /usr/local/lib/deaf.pl </dev/null >/dev/null 2>&1 &\n", 0o755)
			l.File("/etc/daemon-keeper.yaml", strings.Replace(leftoversDefaults, "stop_timeout: 10s", "stop_timeout: 10s, probe_timeout: 2s", 1)+
				"  deaf: {executable: "+exe+", listen: \"unix:///run/deaf.sock\", expect: hello, services: [deaf], leftovers: "+leftovers+"}\n", 0o644)
			m := Enter(t, Tree(t), l)
			m.Must(t, "sh", "-c", "touch /run/sick; service deaf start")
			Until(t, "the daemon listens", func() bool {
				_, err := os.Lstat(m.Path("/run/deaf.sock"))
				return err == nil
			})
			old := onlyPid(t, m, exe)
			m.Must(t, "rm", "/run/sick")
			a := run(t, m, "-v")
			left := "1 of its processes is left (pid " + strconv.Itoa(old) + " of root): it holds unix /run/deaf.sock"
			expect(t, a, 1, "'deaf' was down", "and is up again")
			contains(t, "the log", a.stderr, "the old processes (pid "+strconv.Itoa(old)+") have not ended ", left)
			pids := m.Pids(t, exe)
			if leftovers == "end" {
				if len(pids) != 1 || pids[0] == old {
					t.Errorf("running are %v, and %d was to be ended", pids, old)
				}
				return
			}
			expect(t, a, 1, "  "+left)
			if len(pids) != 2 || !slices.Contains(pids, old) {
				t.Errorf("running are %v, and %d was not to be ended", pids, old)
			}
		})
	}
}

// preforked is a main process and a worker of nobody, both at the same port.
const preforked = `
use IO::Socket::INET; use POSIX;
my $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die "cannot bind: $!\n";
if (!fork) { POSIX::setgid(65534); POSIX::setuid(65534) }
select undef, undef, undef, 0.2 while 1;
`

// free fails while somebody holds the port, before systemd says that the unit is up.
const free = `
use IO::Socket::INET;
IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die "cannot bind: $!\n";
`

// With systemd the control group of the unit tells whose a process is: a worker that a
// unit has left is ended though nothing is remembered, and one of another unit is not.
func TestLeftoversOfUnits(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	const exe = "/usr/local/sbin/fork"
	l.Copy(Tree(t)+"/usr/bin/perl", exe)
	l.File("/usr/local/lib/fork.pl", preforked, 0o644)
	l.File("/usr/local/lib/free.pl", free, 0o644)
	for name, port := range map[string]string{"one": "8081", "two": "8082"} {
		l.Unit(name+".service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\nKillMode=process\nExecStartPre=/usr/bin/perl /usr/local/lib/free.pl "+port+"\nExecStart="+exe+" /usr/local/lib/fork.pl "+port+"\n[Install]\nWantedBy=multi-user.target\n")
	}
	config := func(leftovers string) string {
		return leftoversDefaults + "  one: {executable: " + exe + ", user: root, args: '^8081$', services: [one], leftovers: " + leftovers + "}\n"
	}
	l.File("/etc/daemon-keeper.yaml", config("report"), 0o644)
	m := Boot(t, Tree(t), l)
	group := func(unit string) []int {
		var pids []int
		for _, pid := range m.Pids(t, exe) {
			if out, status := m.Run(t, "cat", "/proc/"+strconv.Itoa(pid)+"/cgroup"); status == 0 && strings.Contains(out, "/"+unit+".service") {
				pids = append(pids, pid)
			}
		}
		return pids
	}
	Until(t, "both have their workers", func() bool { return len(group("one")) == 2 && len(group("two")) == 2 })
	others, one := group("two"), group("one")
	main := mainOf(t, m, one)
	worker := slices.DeleteFunc(one, func(pid int) bool { return pid == main })
	m.Kill(t, main, syscall.SIGKILL)
	Until(t, "only the worker is left", func() bool { return slices.Equal(group("one"), worker) })

	left := leftLine(worker, "nobody") + "tcp 0.0.0.0:8081"
	expect(t, run(t, m, "--ignore-intent"), 2, "'one' is down: ", left, "hint: end what is left (kill "+strconv.Itoa(worker[0])+")")
	write(t, m, "/etc/daemon-keeper.yaml", config("end"))
	expect(t, run(t, m, "--ignore-intent"), 1, "'one' was down and is up again", "of what was left, 1 process was ended (pid "+strconv.Itoa(worker[0])+" of nobody)")
	if pids := group("two"); !slices.Equal(pids, others) {
		t.Errorf("of the other unit run %v, before %v", pids, others)
	}
	Until(t, "the new one has its worker", func() bool { return len(group("one")) == 2 })
	if pids := group("one"); slices.Contains(pids, worker[0]) {
		t.Errorf("of the unit run %v", pids)
	}
}

// leftLine is what is said of these processes, up to the addresses.
func leftLine(pids []int, user string) string {
	text, holds := "1 of its processes is left", "it holds "
	if len(pids) > 1 {
		text, holds = strconv.Itoa(len(pids))+" of its processes are left", "they hold "
	}
	var numbers []string
	for i, pid := range pids {
		if i == 5 {
			break
		}
		numbers = append(numbers, strconv.Itoa(pid))
	}
	more := ""
	if len(pids) > 5 {
		more = " and " + strconv.Itoa(len(pids)-5) + " more"
	}
	return text + " (pid " + strings.Join(numbers, ", ") + more + " of " + user + "): " + holds
}

// mainOf is the process that none of the others has started.
func mainOf(t *testing.T, m *Machine, pids []int) int {
	t.Helper()
	for _, pid := range pids {
		parent, err := strconv.Atoi(strings.TrimSpace(m.Must(t, "ps", "-o", "ppid=", "-p", strconv.Itoa(pid))))
		if err == nil && !slices.Contains(pids, parent) {
			return pid
		}
	}
	t.Fatalf("no main process among %v", pids)
	return 0
}

// silentRun is a run that finds all well.
func silentRun(t *testing.T, m *Machine) {
	t.Helper()
	if a := run(t, m); a.status != 0 || a.stdout+a.stderr != "" {
		t.Errorf("a healthy run: %v", a)
	}
}

func write(t *testing.T, m *Machine, path, text string) {
	t.Helper()
	if err := os.WriteFile(m.Path(path), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
