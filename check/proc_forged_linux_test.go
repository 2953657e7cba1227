package check

import (
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// forge starts steps of the toy as a user without any right, in a user and a
// mount namespace of their own.
func forge(t *testing.T, p place, steps ...string) int {
	t.Helper()
	args := append([]string{"--user", "--map-root-user", "--mount", p.toy}, steps...)
	return run(t, as(stranger), "unshare", args...)
}

// own is a file of the forger's on the daemon's own file system.
func (p place) own(t *testing.T) string {
	t.Helper()
	own := p.install(t, p.home+"/own")
	must(t, syscall.Chown(own, stranger, stranger))
	return own
}

// What any user can make up neither hides a death nor prevents a restart.
func TestForgedProcesses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		start  func(t *testing.T, p place) int
		reason Reason
	}{
		{"a tmpfs over the folder", func(t *testing.T, p place) int {
			return forge(t, p, "tmpfs", p.dir+"/bin", "copy", p.toy, p.path, "exec", p.path)
		}, OtherFile},
		{"a tmpfs over the folder, and then deleted", func(t *testing.T, p place) int {
			return forge(t, p, "tmpfs", p.dir+"/bin", "copy", p.toy, p.path, "exec", p.path, "remove", p.path)
		}, OtherFile},
		{"an own file bind-mounted on the path", func(t *testing.T, p place) int {
			return forge(t, p, "bind", p.own(t), p.path, "exec", p.path)
		}, OtherFile},
		{"an own file bind-mounted on the path, then deleted", func(t *testing.T, p place) int {
			own := p.own(t)
			return forge(t, p, "bind", own, p.path, "exec", p.path, "remove", own)
		}, Forgeable},
		{"an own file of that name", func(t *testing.T, p place) int {
			return run(t, as(stranger), p.install(t, p.home+"/"+p.name))
		}, OtherFile},
		{"an own file of that name, deleted", func(t *testing.T, p place) int {
			path := p.install(t, p.home+"/"+p.name)
			return run(t, as(stranger), path, "remove", path)
		}, OtherFile},
		{"a memfd of that name", func(t *testing.T, p place) int {
			return run(t, as(stranger), p.toy, "memfd", p.path)
		}, OtherFile},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			pid := tc.start(t, p)
			wantReal(t, verdict(t, Spec{Executable: p.path}), pid, Down, tc.reason)
		})
	}
}

// Regression: a user who runs a file of their mount namespace from outside of
// it, by /proc/PID/root, stays in our user namespace, shows the daemon's path,
// deleted, on its file system, and passed for the upgraded daemon.
func TestForgedFromOutsideTheNamespace(t *testing.T) {
	p := newPlace(t)
	own := p.own(t)
	holder := forge(t, p, "bind", own, p.path)
	pid := run(t, as(stranger), p.toy, "through", strconv.Itoa(holder), p.path, "remove", own)
	wantReal(t, verdict(t, Spec{Executable: p.path}), pid, Down, Forgeable)
}

// Regression: the same from a service with PrivateTmp=, whose mount namespace
// root has made, but not the one that the file is from.
func TestForgedFromAService(t *testing.T) {
	p := newPlace(t)
	own := p.own(t)
	holder := forge(t, p, "bind", own, p.path)
	pid := run(t, in(unix.CLONE_NEWNS), p.toy, "private", "user", strconv.Itoa(stranger), "exec", p.toy,
		"through", strconv.Itoa(holder), p.path, "remove", own)
	wantReal(t, verdict(t, Spec{Executable: p.path}), pid, Down, Forgeable)
}

// Regression: a path that is too long to be told (ENAMETOOLONG) passed for one
// that may not be told, so any user could cloud the verdict on any daemon.
func TestPathTooLongToBeTold(t *testing.T) {
	p := newPlace(t)
	must(t, syscall.Chown(p.home, stranger, stranger))
	pid := run(t, as(stranger), p.toy, "deep", p.path, p.home, "exec", "./"+p.name)
	v := verdict(t, Spec{Executable: p.path})
	if v.State != Down {
		t.Errorf("process %d: %+v", pid, v)
	}
}
