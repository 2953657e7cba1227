package realtest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// spawner starts toy and adds nothing of its own to what it hands on, as a shell
// would.
const spawner = `#!/usr/bin/perl
exit 3 if $ARGV[1] eq "status";
if ($ARGV[1] eq "start" && !fork) { exec "/usr/local/sbin/toy", "1000" }
`

// livelyCaller runs its arguments as nobody should have to run: with variables,
// a folder, a umask, open files, ignored signals and limits of its own.
const livelyCaller = `
export LC_ALL=tr_TR.UTF-8 LANG=de_DE.UTF-8 TZ=Asia/Tokyo LD_LIBRARY_PATH=/nowhere PERL5LIB=/nowhere IFS=x ENV=/nowhere \
	SSH_AUTH_SOCK=/nowhere NOTIFY_SOCKET=/nowhere HOST_PROC=/nowhere GOMAXPROCS=1 HOME=/root/home PATH=/usr/bin:/bin
cd /tmp && umask 077 && exec 7</etc/passwd 8>>/tmp/log
trap '' HUP INT TERM PIPE QUIT USR1
ulimit -S -n 512
exec "$@"
`

// Whoever calls, a daemon starts its life with three variables, in /, with umask
// 022, in a session of its own, and with no descriptor but its output.
func TestKeeperEnvironment(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	addDaemon(t, l, "toy")
	l.File("/usr/local/sbin/manage", spawner, 0o755)
	m := Enter(t, Tree(t), l)
	args := []string{"-e", toy, "-s", "toy", "--service-command", "/usr/local/sbin/manage"}
	a := keepBy(t, m, []string{"sh", "-c", livelyCaller, "sh"}, args...)
	expect(t, a, 1, "is up again")
	silent(t, m, args...)
	proc := "/proc/" + strconv.Itoa(onlyPid(t, m, toy))

	environ := strings.Split(strings.TrimSuffix(read(t, m, proc+"/environ"), "\x00"), "\x00")
	slices.Sort(environ)
	want := []string{"HOME=/", "LANG=C", "PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"}
	if !slices.Equal(environ, want) {
		t.Errorf("the environment is %q", environ)
	}
	const output = "/run/daemon-keeper/toy.output"
	for link, want := range map[string]string{"cwd": "/", "root": "/", "fd/0": "/dev/null", "fd/1": output, "fd/2": output} {
		if out := m.Must(t, "readlink", proc+"/"+link); out != want+"\n" {
			t.Errorf("%s is %s", link, out)
		}
	}
	if out := m.Must(t, "ls", proc+"/fd"); out != "0\n1\n2\n" {
		t.Errorf("it has the descriptors %q", out)
	}
	status := read(t, m, proc+"/status")
	contains(t, "status", status, "\nUmask:\t0022\n", "\nSigBlk:\t0000000000000000\n")
	ignored := regexp.MustCompile(`\nSigIgn:\t([0-9a-f]+)\n`).FindStringSubmatch(status)
	if ignored == nil {
		t.Fatalf("no ignored signals in\n%s", status)
	}
	const libc = 1<<31 | 1<<32 // 32 and 33, which glibc's posix_spawn(3) ignores, as make uses it
	if mask, err := strconv.ParseUint(ignored[1], 16, 64); err != nil || mask&^libc != 0 {
		t.Errorf("it ignores signals: %q", ignored)
	}
	if limits := read(t, m, proc+"/limits"); !regexp.MustCompile(`Max open files +512 `).MatchString(limits) {
		t.Errorf("a limit is not the caller's:\n%s", limits)
	}
	if out := m.Must(t, "ps", "-o", "pgid=,sid=,tty=", "-p", strings.TrimPrefix(proc, "/proc/")); !ownSession(out) {
		t.Errorf("its group, session and terminal are %q", out)
	}
}

// ownSession says if a process is in a session that a run has made: its group is
// the session's first, which is neither the test's own (0 inside, for it came
// from outside) nor that of process 1, and it has no terminal.
func ownSession(ps string) bool {
	f := strings.Fields(ps)
	return len(f) == 3 && f[0] == f[1] && f[0] != "0" && f[0] != "1" && f[2] == "?"
}

// Through service(8), which cleans up by itself, nothing of the caller's gets
// through either.
func TestKeeperEnvironmentThroughService(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	expect(t, keepBy(t, m, []string{"sh", "-c", livelyCaller, "sh"}, "-e", toy, "-s", "toy"), 1, "is up again")
	proc := "/proc/" + strconv.Itoa(onlyPid(t, m, toy))
	environ := read(t, m, proc+"/environ")
	for _, word := range []string{"nowhere", "tr_TR", "de_DE", "Tokyo", "/root", "GOMAXPROCS"} {
		if strings.Contains(environ, word) {
			t.Errorf("the caller's %s is in %q", word, environ)
		}
	}
	if out := m.Must(t, "readlink", proc+"/cwd"); out != "/\n" {
		t.Errorf("its folder is %s", out)
	}
	silent(t, m, "-e", toy, "-s", "toy")
}
