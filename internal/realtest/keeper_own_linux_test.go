package realtest

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// ownConfig has a daemon of each sort that no manager knows. The program java, which is
// perl, is one that several daemons have: what they are stands in their arguments.
const ownConfig = `
defaults: {boot_grace: 0s, recheck: 100ms, verify: 3s, settle: 200ms, backoff: [0s], stop_timeout: 2s}
daemons:
  shop: {start: [/usr/local/sbin/java, -e, sleep while 1, --, -jar, /srv/shop.jar], args: '^/srv/shop\.jar$', executable: /usr/local/sbin/java}
  forum: {start: [/usr/local/sbin/java, -e, sleep while 1, --, -jar, /srv/forum.jar], args: '^/srv/forum\.jar$', executable: /usr/local/sbin/java}
  app:
    start: [/usr/bin/perl, /srv/app/server.pl, --port, "8080"]
    executable: /srv/app/server.pl
    as: www-data:games
    directory: /srv/app
    environment: [LANG=C.UTF-8, "OPTS=-a -b"]
  early: {start: [/srv/early], backoff: [0s, 1h]}
  twice: {start: [/srv/twice]}
  loud: {start: [/srv/loud, infinity]}
  many: {start: [/srv/many], pidfile: /run/many.pid, leftovers: end}
`

const ownServer = `#!/usr/bin/perl
# it ends on TERM, and prints all day
$SIG{TERM} = sub { print "bye\n"; exit 0 };
$| = 1;
print "listening on $ARGV[1]\n";
sleep 1 while 1;
`

const ownTwice = `#!/usr/bin/perl
# it goes into the background as daemons have always done, and tells nobody where
exit 0 if fork;
setpgrp;
exit 0 if fork;
sleep 1 while 1;
`

const ownMany = `#!/usr/bin/perl
# it has two workers, which stay when it is killed
for (1, 2) { unless (fork) { sleep 1 while 1 } }
open(F, '>', '/run/many.pid') and print F "$$\n" and close F;
sleep 1 while 1;
`

// ownLayer has the programs of ownConfig.
func ownLayer(t *testing.T) *Layer {
	t.Helper()
	l := keeperLayer(t)
	l.Copy(Tree(t)+"/usr/bin/perl", "/usr/local/sbin/java")
	l.Copy(filepath.Join(Tree(t), "usr/bin/sleep"), "/srv/loud")
	l.File("/srv/app/server.pl", ownServer, 0o755)
	l.File("/srv/early", "#!/bin/sh\necho \"cannot read /srv/early.conf\"\nexit 3\n", 0o755)
	l.File("/srv/twice", ownTwice, 0o755)
	l.File("/srv/many", ownMany, 0o755)
	l.File("/etc/daemon-keeper.yaml", ownConfig, 0o644)
	return l
}

// pidOf is the process of a daemon of the configuration, as a run sees it.
func pidOf(t *testing.T, m *Machine, daemon string) int {
	t.Helper()
	a := run(t, m, "run", daemon, "-v")
	f := regexp.MustCompile(`\(pid (\d+)\)`).FindStringSubmatch(a.stdout)
	if a.status != 0 || f == nil {
		t.Fatalf("no process of %s in\n%v", daemon, a)
	}
	pid, err := strconv.Atoi(f[1])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// killAndBack kills a daemon and has it brought back; it returns the new process.
func killAndBack(t *testing.T, m *Machine, daemon string) int {
	t.Helper()
	before := pidOf(t, m, daemon)
	endOwn(t, m, before)
	expect(t, run(t, m, "run", daemon), 1, "'"+daemon+"' was down and is up again (pid ")
	pid := pidOf(t, m, daemon)
	if pid == before {
		t.Errorf("%s is still process %d", daemon, pid)
	}
	return pid
}

// endOwn kills a process and waits until it is gone.
func endOwn(t *testing.T, m *Machine, pid int) {
	t.Helper()
	m.Kill(t, pid, syscall.SIGKILL)
	Until(t, "it is gone", func() bool { return !alive(t, m, strconv.Itoa(pid)) })
}

// isDetached fails the test unless a process has nothing of who has started it.
func isDetached(t *testing.T, m *Machine, daemon string, pid int) {
	t.Helper()
	proc := "/proc/" + strconv.Itoa(pid)
	if out := m.Must(t, "ls", proc+"/fd"); !strings.HasPrefix(out, "0\n1\n2\n") {
		t.Errorf("%s has the descriptors %q", daemon, out)
	}
	for link, want := range map[string]string{"fd/0": "/dev/null", "fd/1": "/run/daemon-keeper/own:" + daemon + ".output"} {
		if out := m.Must(t, "readlink", proc+"/"+link); out != want+"\n" {
			t.Errorf("%s of %s is %s", link, daemon, out)
		}
	}
	status := read(t, m, proc+"/status")
	contains(t, "status of "+daemon, status, "\nUmask:\t0022\n", "\nSigBlk:\t0000000000000000\n")
	if daemon == "loud" { // perl ignores one by itself
		contains(t, "status", status, "\nSigIgn:\t0000000000000000\n")
	}
	if out := m.Must(t, "ps", "-o", "pgid=,sid=,tty=", "-p", strconv.Itoa(pid)); !ownSession(out) {
		t.Errorf("group, session and terminal of %s are %q", daemon, out)
	}
}

// isUser fails the test unless the app is its user, with the groups of that user and nothing
// more.
func isUser(t *testing.T, m *Machine, pid int) {
	t.Helper()
	proc := "/proc/" + strconv.Itoa(pid)
	contains(t, "status", read(t, m, proc+"/status"), "\nUid:\t33\t33\t33\t33\n", "\nGid:\t60\t60\t60\t60\n",
		"\nGroups:\t60 \n", "\nCapPrm:\t0000000000000000\n", "\nCapEff:\t0000000000000000\n", "\nCapAmb:\t0000000000000000\n", "\nNoNewPrivs:\t0\n")
	environ := strings.Split(strings.TrimSuffix(read(t, m, proc+"/environ"), "\x00"), "\x00")
	slices.Sort(environ)
	want := []string{
		"HOME=/var/www", "LANG=C.UTF-8", "LOGNAME=www-data", "OPTS=-a -b", "PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin",
		"SHELL=/usr/sbin/nologin", "USER=www-data",
	}
	if !slices.Equal(environ, want) {
		t.Errorf("the environment is %q", environ)
	}
	if out := m.Must(t, "readlink", proc+"/cwd"); out != "/srv/app\n" {
		t.Errorf("it is in %s", out)
	}
}

// ownDaemons is what holds on every machine.
func ownDaemons(t *testing.T, m *Machine) {
	t.Helper()
	a := run(t, m)
	expect(t, a, 2, "'shop' was down and is up again", "'forum' was down and is up again", "'app' was down and is up again",
		"'twice' was down and is up again", "'loud' was down and is up again",
		"cannot start service own:early: it ended after ", ": exit status 3", "| cannot read /srv/early.conf\n")
	for _, daemon := range []string{"shop", "app", "loud"} {
		isDetached(t, m, daemon, pidOf(t, m, daemon))
	}
	expect(t, run(t, m, "run", "early"), 2, "the next try is in ")
	isUser(t, m, pidOf(t, m, "app"))

	forum := pidOf(t, m, "forum")
	killAndBack(t, m, "shop")
	if now := pidOf(t, m, "forum"); now != forum {
		t.Errorf("the forum was process %d and is %d: the shop's start has touched it", forum, now)
	}
	killAndBack(t, m, "app")
	killAndBack(t, m, "twice")

	expect(t, run(t, m, "status", "app"), 0, "app")
	expect(t, run(t, m, "match", "app"), 0, "it runs the wanted script")
	expect(t, run(t, m, "check", "app"), 0)
	expect(t, run(t, m, "validate", "-v"), 0, "- '--port'")

	expect(t, run(t, m, "run", "many"), 0) // it is remembered now
	expect(t, run(t, m, "run", "many"), 0)
	endOwn(t, m, atoi(t, strings.TrimSpace(read(t, m, "/run/many.pid"))))
	expect(t, run(t, m, "run", "many"), 1, "its main process (pid ", "; 2 of its processes are left) and is up again")
	if out := m.Must(t, "pgrep", "-c", "-f", "/srv/many$"); out != "3\n" {
		t.Errorf("%s processes of many run, not the new 3", strings.TrimSpace(out))
	}

	m.Must(t, program, "pause", "app", "--reason", "a test")
	pid := pidOf(t, m, "app")
	endOwn(t, m, pid)
	expect(t, run(t, m, "run", "app"), 0)
	m.Must(t, program, "resume", "app")
	expect(t, run(t, m, "run", "app"), 1, "'app' was down and is up again")
}

// Without systemd, daemons that no manager knows are started and kept.
func TestKeeperOwnWithout(t *testing.T) {
	t.Parallel()
	m := Enter(t, Tree(t), ownLayer(t))
	ownDaemons(t, m)
}

// Under systemd they have a scope of their own: they outlive cron, which has started them.
func TestKeeperOwnSystemd(t *testing.T) {
	t.Parallel()
	l := ownLayer(t)
	l.File("/etc/cron.d/daemon-keeper", "* * * * * root "+program+" run app\n", 0o644)
	l.FastCron(6)
	l.File("/etc/systemd/system/cron.service.d/kill.conf", "[Service]\nKillMode=control-group\n", 0o644)
	m := Boot(t, Tree(t), l)
	output := "/run/daemon-keeper/own:app.output"
	Until(t, "cron's run has started the app", func() bool {
		return strings.Contains(read(t, m, output), "listening on 8080")
	})
	m.Must(t, "systemctl", "stop", "cron")
	pid := pidOf(t, m, "app")
	if text := read(t, m, output); strings.Contains(text, "bye") {
		t.Errorf("it has ended with cron: %s", text)
	}
	isScope(t, m, pid)
	isDetached(t, m, "app", pid)
	again := killAndBack(t, m, "app")
	isScope(t, m, again)
	endOwn(t, m, again)
	ownDaemons(t, m)
	if out := m.Must(t, "systemctl", "--failed", "--no-legend", "--plain"); strings.Contains(out, "own-") {
		t.Errorf("failed scopes are left: %s", out)
	}
}

// isScope fails the test unless the app is in a scope of its own.
func isScope(t *testing.T, m *Machine, pid int) {
	t.Helper()
	group := read(t, m, "/proc/"+strconv.Itoa(pid)+"/cgroup")
	if !regexp.MustCompile(`(?m):/(.*/)?system\.slice/system-own\\x2dapp\.slice/own-app-[0-9a-z-]+\.scope$`).MatchString(group) {
		t.Errorf("process %d is in %s", pid, group)
	}
}
