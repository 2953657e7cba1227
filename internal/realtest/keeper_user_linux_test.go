package realtest

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Who is not root can tell about daemons of their own, is told what they may not
// do or see about root's, and can see what a run would do.
func TestKeeperUnprivileged(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	args := []string{"-e", toy, "-s", "toy"}
	untouched := func() {
		t.Helper()
		if c := calls(t, m, "toy"); c != "" {
			t.Errorf("somebody did %q", c)
		}
		if _, status := m.Run(t, "test", "-e", "/run/daemon-keeper"); status == 0 {
			t.Error("somebody made the folder of locks")
		}
	}

	a := keepBy(t, m, asUser, args...)
	expect(t, a, 3)
	contains(t, "stderr", a.stderr, "lets only root do that", "daemon-keeper: hint: run it as root, or see with --dry-run")
	untouched()

	a = keepBy(t, m, asUser, append(args, "--dry-run")...)
	expect(t, a, 2, "'/usr/local/sbin/toy' is down: this was a dry run; nothing was touched\n"+
		"a run that may act would now do:\n  ", "sbin/service toy stop   (at most 1m", "sbin/service toy start   (at most 3m")
	if a.stderr != "" {
		t.Errorf("%v", a)
	}
	untouched()

	m.Start(t, asUser[0], slices.Concat(asUser[1:], []string{toy, "1000"})...)
	onlyPid(t, m, toy)
	a = keepBy(t, m, asUser, args...)
	expect(t, a, 0)
	contains(t, "stderr", a.stderr, "WARNING cannot use folder /var/lib/daemon-keeper: permission denied", "name another folder with --state-dir", "as if nothing were known")
	for range 2 { // what they remember themselves
		if a := keepBy(t, m, asUser, append(args, "--state-dir", "/tmp/state")...); a.status != 0 || a.stdout+a.stderr != "" {
			t.Errorf("their own daemon is up:\n%v", a)
		}
	}
	silent(t, m, args...)
	silent(t, m, append(args, "--user", "1000")...)
	a = keep(t, m, append(args, "--user", "root", "--dry-run")...)
	expect(t, a, 2, "is down")
	kill(t, m, toy)

	m.Start(t, toy, "1001")
	onlyPid(t, m, toy)
	a = keepBy(t, m, asUser, args...)
	expect(t, a, 3)
	contains(t, "stderr", a.stderr, "cannot tell whether /usr/local/sbin/toy is running", "may not be looked at")
	a = keep(t, m, args...) // which has seen the other one
	if want := regexp.MustCompile(`^daemon-keeper: INFO it was restarted by someone else: pid \d+ -> pid \d+\n$`); a.status != 0 || a.stdout != "" || !want.MatchString(a.stderr) {
		t.Errorf("%v", a)
	}
	silent(t, m, args...)
	untouched()
}

// Where /proc hides other users' processes, a run that cannot see them says that
// it is blind, and touches nothing; root still sees all.
func TestKeeperHidepid(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	m.Must(t, "mount", "-o", "remount,hidepid=2", "/proc")
	args := []string{"-e", toy, "-s", "toy"}
	for _, state := range []string{"down", "up"} {
		for _, more := range [][]string{nil, {"--dry-run"}} {
			a := keepBy(t, m, asUser, slices.Concat(args, more)...)
			expect(t, a, 3)
			contains(t, "stderr", a.stderr, "daemon-keeper: error: cannot trust the process table: ")
			if a.stdout != "" {
				t.Errorf("%s: %v", state, a)
			}
		}
		if state == "down" {
			expect(t, keep(t, m, args...), 1, "is up again")
		}
	}
	if c := calls(t, m, "toy"); c != "stop start" {
		t.Errorf("the runs did %q", c)
	}
	silent(t, m, args...)
}

// Without /proc, or with that of another PID namespace, nobody can tell, and
// nothing is touched.
func TestKeeperWithoutProc(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	args := []string{"-e", toy, "-s", "toy", "--state-dir="} // without memory it is told each time
	for name, prefix := range map[string][]string{
		"none":                        {"unshare", "-m", "sh", "-c", `umount -l /proc && exec "$@"`, "sh"},
		"empty":                       {"unshare", "-m", "sh", "-c", `mount -t tmpfs tmpfs /proc && exec "$@"`, "sh"},
		"of another PID namespace":    {"unshare", "--pid", "--fork", "--kill-child", "--"},
		"that shows our own row only": {"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"},
	} {
		t.Run(name, func(t *testing.T) {
			a := keepBy(t, m, prefix, args...)
			expect(t, a, 3)
			contains(t, "stderr", a.stderr, "daemon-keeper: error: cannot trust the process table: ")
			if c := calls(t, m, "toy"); c != "" || a.stdout != "" {
				t.Errorf("it did %q: %v", c, a)
			}
		})
	}
	Until(t, "all of them are gone", func() bool { return len(m.Pids(t, program)) == 0 })
	if out := m.Must(t, "sh", "-c", "ls /run"); strings.Contains(out, "daemon-keeper") {
		t.Error("somebody made the folder of locks")
	}
}
