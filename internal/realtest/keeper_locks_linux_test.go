package realtest

import (
	"strings"
	"testing"
)

// A missing folder for locks and output is made for root alone to write,
// whatever the caller's umask.
func TestKeeperRunDirIsMade(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	expect(t, keep(t, m, "-e", toy, "-s", "toy", "--dry-run"), 2)
	if _, status := m.Run(t, "test", "-e", "/run/daemon-keeper"); status == 0 {
		t.Error("a dry run has made the folder")
	}
	for _, umask := range []string{"0", "077"} {
		dir := "/run/keep" + umask
		a := keepBy(t, m, []string{"sh", "-c", "umask " + umask + `; exec "$@"`, "sh"}, "-e", toy, "-s", "toy", "--run-dir", dir)
		expect(t, a, 1, "is up again")
		if out := m.Must(t, "stat", "-c", "%a %U", dir); out != "755 root\n" {
			t.Errorf("umask %s: %s", umask, out)
		}
		if strings.Contains(a.stderr, "locks") {
			t.Errorf("umask %s: %v", umask, a)
		}
		kill(t, m, toy)
	}
	a := keep(t, m, "-e", toy, "-s", "toy", "--run-dir", "/run/a/b")
	expect(t, a, 1, "is up again")
	silent(t, m, "-e", toy, "-s", "toy", "--run-dir", "/run/a/b")
}

// Where the folder cannot be trusted or used, a run says so and what to do, does
// without locks, brings the daemon back all the same, and writes nothing there.
func TestKeeperRunDirIsBad(t *testing.T) {
	t.Parallel()
	user := strings.Join(asUser, " ")
	for _, c := range []struct {
		name, setUp string
		dir         string
		warning     string
		look        string // a folder in which nothing is to be written
	}{
		{
			"world-writable", "mkdir -m 777 /run/locks",
			"/run/locks", "others can write to it (chmod go-w /run/locks)", "/run/locks",
		},
		{
			"group-writable", "mkdir -m 775 /run/locks",
			"/run/locks", "others can write to it (chmod go-w /run/locks)", "/run/locks",
		},
		{
			"below what others can write", "mkdir -m 777 /run/open && mkdir /run/open/locks",
			"/run/open/locks", "cannot use folder /run/open: others can write to it (chmod go-w /run/open)", "/run/open/locks",
		},
		{
			"another user's", user + " mkdir /tmp/locks",
			"/tmp/locks", "another user owns it (chown root /tmp/locks)", "/tmp/locks",
		},
		{
			"another user's link", "mkdir /run/target; " + user + " ln -s /run/target /tmp/locks",
			"/tmp/locks", "cannot use folder /tmp/locks: ", "/run/target",
		},
		{
			"another user's link to nothing", "mkdir /run/target; " + user + " ln -s /run/target/locks /tmp/locks",
			"/tmp/locks", "cannot use folder /tmp/locks: ", "/run/target",
		},
		{
			"below another user's link", "mkdir /run/target; " + user + " ln -s /run/target /tmp/link",
			"/tmp/link/locks", "cannot use folder /tmp/link", "/run/target",
		},
		{
			"a file", "touch /run/locks; mkdir /run/target",
			"/run/locks", "cannot use folder /run/locks: ", "/run/target",
		},
		{
			"read-only", "mkdir /run/locks && mount -t tmpfs -o ro,mode=755 tmpfs /run/locks",
			"/run/locks", "read-only file system", "/run/locks",
		},
		{
			"full", "mkdir /run/locks && mount -t tmpfs -o mode=755,nr_inodes=1 tmpfs /run/locks",
			"/run/locks", "no space left on device", "/run/locks",
		},
		{
			"a lock that is a link", "mkdir /run/locks && ln -s /run/target /run/locks/toy.lock; mkdir /run/target",
			"/run/locks", "too many levels of symbolic links", "/run/target",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := sysvMachine(t)
			m.Must(t, "sh", "-c", c.setUp)
			a := keep(t, m, "-e", toy, "-s", "toy", "--run-dir", c.dir)
			expect(t, a, 1, "is up again")
			contains(t, "stderr", a.stderr, "WARNING no locks, so another run may restart the same services, and what they print is lost: ", c.warning)
			if out := m.Must(t, "ls", "-A", c.look); out != "" {
				t.Errorf("in %s: %s", c.look, out)
			}
			silent(t, m, "-e", toy, "-s", "toy", "--run-dir", c.dir)
		})
	}
}

// A root who has planted a link of its own is followed.
func TestKeeperRunDirIsRootsLink(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	m.Must(t, "sh", "-c", "mkdir /var/locks && ln -s /var/locks /run/locks")
	a := keep(t, m, "-e", toy, "-s", "toy", "--run-dir", "/run/locks")
	expect(t, a, 1, "is up again")
	if strings.Contains(a.stderr, "no locks") || m.Must(t, "ls", "/var/locks") != "toy.lock\ntoy.output\n" {
		t.Errorf("it was not followed: %v", a)
	}
}

// A lock of flock(1) around a run is not handed on to the daemon, which would
// hold it for years.
func TestKeeperInFlock(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	a := keepBy(t, m, []string{"flock", "-n", "/run/lock.of.cron"}, "-e", toy, "-s", "toy")
	expect(t, a, 1, "is up again")
	pid := onlyPid(t, m, toy)
	if out, status := m.Run(t, "flock", "-n", "/run/lock.of.cron", "true"); status != 0 {
		t.Errorf("the daemon holds the lock: %d, %s", status, out)
	}
	samePid(t, m, toy, pid)
	a = keepBy(t, m, []string{"flock", "-n", "/run/lock.of.cron"}, "-e", toy, "-s", "toy")
	if a.status != 0 || a.stdout+a.stderr != "" {
		t.Errorf("the next run: %v", a)
	}
}

// On a full file system the locks are taken unsigned, and the start of a service
// that wants to print is not ended by that.
func TestKeeperRunDirIsFull(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	exe := addDaemon(t, l, "toy")
	l.File("/usr/local/sbin/manage", "#!/bin/sh\nset -e\ncase $2 in\nstart) echo starting; "+exe+" infinity & ;;\nstatus) exit 3 ;;\nesac\n", 0o755)
	m := Enter(t, Tree(t), l)
	m.Must(t, "sh", "-c", "mkdir /run/full && mount -t tmpfs -o size=64k,mode=755 none /run/full && ! dd if=/dev/zero of=/run/full/x bs=1k 2>/dev/null")
	a := keep(t, m, "-e", exe, "-s", "toy", "--service-command", "/usr/local/sbin/manage", "--run-dir", "/run/full")
	expect(t, a, 1, "is up again")
	if strings.Contains(a.stderr, "no locks") || m.Must(t, "sh", "-c", "ls /run/full/*.lock") != "/run/full/toy.lock\n" {
		t.Errorf("no lock: %v", a)
	}
}
