package check

import (
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The same text stands for other files in other trees, and for the same file
// in other namespaces.
func TestRealNamespaces(t *testing.T) {
	for _, tc := range []struct {
		name   string
		start  func(t *testing.T, p place) int
		state  State
		reason Reason
		old    bool
	}{
		{"PrivateUsers=, a user namespace", func(t *testing.T, p place) int {
			return run(t, in(unix.CLONE_NEWUSER), p.path)
		}, Up, counts, false},
		{"PrivateUsers=, root's, upgraded", func(t *testing.T, p place) int {
			defer p.upgrade(t)
			return run(t, in(unix.CLONE_NEWUSER), p.path)
		}, Up, counts, true},
		{"PrivateUsers=, a user's, upgraded", func(t *testing.T, p place) int {
			defer p.upgrade(t)
			attr := in(unix.CLONE_NEWUSER)
			attr.Credential = as(stranger).Credential
			attr.GidMappingsEnableSetgroups = true
			return run(t, attr, p.path)
		}, Down, Forgeable, false},
		{"PrivateTmp=, the mount namespace differs", func(t *testing.T, p place) int {
			return run(t, in(unix.CLONE_NEWNS), p.toy, "private", "tmpfs", p.home, "exec", p.path)
		}, Up, counts, false},
		{"PrivateTmp=, upgraded", func(t *testing.T, p place) int {
			defer p.upgrade(t)
			return run(t, in(unix.CLONE_NEWNS), p.toy, "private", "tmpfs", p.home, "exec", p.path)
		}, Up, counts, true},
		{"PrivateTmp=, a user's, upgraded", func(t *testing.T, p place) int {
			defer p.upgrade(t)
			return run(t, in(unix.CLONE_NEWNS), p.toy, "private", "tmpfs", p.home, "user", strconv.Itoa(stranger), "exec", p.path)
		}, Up, counts, true},
		{"RootDirectory=, the same text", func(t *testing.T, p place) int {
			jail := p.jail(t)
			return run(t, in(unix.CLONE_NEWNS), p.toy, "private", "pivot", jail, "exec", p.path)
		}, Down, OtherFile, false},
		{"plain chroot, a prefix", func(t *testing.T, p place) int {
			return run(t, &syscall.SysProcAttr{Chroot: p.jail(t)}, p.path)
		}, Down, OtherFile, false},
		{"chroots after exec", func(t *testing.T, p place) int {
			return run(t, nil, p.path, "chroot", p.jail(t))
		}, Up, counts, false},
		{"chroots after exec, upgraded", func(t *testing.T, p place) int {
			defer p.upgrade(t)
			return run(t, nil, p.path, "chroot", p.jail(t))
		}, Up, counts, true},
		{"chroots after exec and becomes a user, upgraded", func(t *testing.T, p place) int {
			defer p.upgrade(t)
			return run(t, nil, p.path, "chroot", p.jail(t), "user", strconv.Itoa(stranger))
		}, Up, counts, true},
		{"unshare --pid", func(t *testing.T, p place) int {
			return run(t, in(unix.CLONE_NEWPID), p.path)
		}, Down, Foreign, false},
		{"unshare --pid, upgraded", func(t *testing.T, p place) int {
			defer p.upgrade(t)
			return run(t, in(unix.CLONE_NEWPID), p.path)
		}, Down, Foreign, false},
		{"container", func(t *testing.T, p place) int {
			jail := p.jail(t)
			return run(t, in(unix.CLONE_NEWPID|unix.CLONE_NEWNS), p.toy, "private", "pivot", jail, "exec", p.path)
		}, Down, OtherFile, false},
		{"container with the folder on a tmpfs", func(t *testing.T, p place) int {
			bin := p.dir + "/bin"
			return run(t, in(unix.CLONE_NEWPID|unix.CLONE_NEWNS), p.toy, "private", "tmpfs", bin, "copy", p.toy, p.path, "exec", p.path)
		}, Down, OtherFile, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			pid := tc.start(t, p)
			v := verdict(t, Spec{Executable: p.path})
			wantReal(t, v, pid, tc.state, tc.reason)
			for _, m := range v.Matches {
				if m.OldImage != tc.old {
					t.Errorf("%+v", m)
				}
			}
		})
	}
}

// jail makes another root with a program at the same path.
func (p place) jail(t *testing.T) string {
	t.Helper()
	jail := p.dir + "/jail"
	p.install(t, jail+p.path)
	return jail
}
