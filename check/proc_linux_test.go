package check

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"daemon-keeper/check/proctable"

	"golang.org/x/sys/unix"
)

// What real processes look like, and what is to be said of them.
func TestRealProcesses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		start  func(t *testing.T, p place) (path string, pid int)
		state  State
		reason Reason
		old    bool
	}{
		{"plain", func(t *testing.T, p place) (string, int) {
			return p.path, run(t, nil, p.path)
		}, Up, counts, false},
		{"another user's", func(t *testing.T, p place) (string, int) {
			return p.path, run(t, as(stranger), p.path)
		}, Up, counts, false},
		{"user id above 2^31", func(t *testing.T, p place) (string, int) {
			return p.path, run(t, as(3000000000), p.path)
		}, Up, counts, false},
		{"another argv[0]", func(t *testing.T, p place) (string, int) {
			cmd := exec.Command(p.path)
			cmd.Args[0] = "sshd: idle"
			pid, _ := start(t, cmd)
			return p.path, pid
		}, Up, counts, false},
		{"asked for and started by a symbolic link", func(t *testing.T, p place) (string, int) {
			path := link(t, p.path, p.dir+"/link")
			return path, run(t, nil, path)
		}, Up, counts, false},
		{"below a linked folder", func(t *testing.T, p place) (string, int) {
			link(t, filepath.Dir(p.path), p.dir+"/sbin")
			return p.dir + "/sbin/" + p.name, run(t, nil, p.path)
		}, Up, counts, false},
		{"hard link of another name", func(t *testing.T, p place) (string, int) {
			must(t, os.Link(p.path, p.dir+"/other"))
			return p.path, run(t, nil, p.dir+"/other")
		}, Up, counts, false},
		{"bind mount under another name", func(t *testing.T, p place) (string, int) {
			other := p.install(t, p.dir+"/other")
			return p.path, run(t, in(unix.CLONE_NEWNS), p.toy, "private", "bind", p.path, other, "exec", other)
		}, Up, counts, false},
		{"another program", func(t *testing.T, p place) (string, int) {
			return p.path, run(t, nil, p.toy)
		}, Down, unrelated, false},
		{"another program of that name", func(t *testing.T, p place) (string, int) {
			return p.path, run(t, nil, p.install(t, p.dir+"/opt/"+p.name))
		}, Down, OtherFile, false},
		{"renamed, asked for by the new name", func(t *testing.T, p place) (string, int) {
			pid := run(t, nil, p.path)
			must(t, os.Rename(p.path, p.path+".new"))
			return p.path + ".new", pid
		}, Up, counts, false},
		{"renamed, a new file in its place", func(t *testing.T, p place) (string, int) {
			pid := run(t, nil, p.path)
			must(t, os.Rename(p.path, p.path+".old"))
			return p.install(t, p.path), pid
		}, Down, unrelated, false},
		{"upgraded", func(t *testing.T, p place) (string, int) {
			pid := run(t, nil, p.path)
			p.upgrade(t)
			return p.path, pid
		}, Up, counts, true},
		{"upgraded, another user's", func(t *testing.T, p place) (string, int) {
			pid := run(t, as(stranger), p.path)
			p.upgrade(t)
			return p.path, pid
		}, Up, counts, true},
		{"upgraded, dpkg still holds a link to the old file", func(t *testing.T, p place) (string, int) {
			pid := run(t, nil, p.path)
			must(t, os.Link(p.path, p.path+".dpkg-tmp"))
			p.upgrade(t)
			return p.path, pid
		}, Up, counts, true},
		{"removed and installed anew", func(t *testing.T, p place) (string, int) {
			pid := run(t, nil, p.path)
			must(t, os.Remove(p.path))
			return p.install(t, p.path), pid
		}, Up, counts, true},
		{"a path that really ends in (deleted)", func(t *testing.T, p place) (string, int) {
			path := p.install(t, p.dir+"/x (deleted)")
			return path, run(t, nil, path)
		}, Up, counts, false},
		{"the same, asked for without", func(t *testing.T, p place) (string, int) {
			return p.path, run(t, nil, p.install(t, p.path+" (deleted)"))
		}, Down, unrelated, false},
		{"the same, upgraded", func(t *testing.T, p place) (string, int) {
			p.path = p.install(t, p.dir+"/x (deleted)")
			pid := run(t, nil, p.path)
			p.upgrade(t)
			return p.path, pid
		}, Up, counts, true},
		{"a name with a line end", func(t *testing.T, p place) (string, int) {
			path := p.install(t, p.dir+"/x\nUid:\t0")
			return path, run(t, as(stranger), path)
		}, Up, counts, false},
		{"memfd", func(t *testing.T, p place) (string, int) {
			return p.path, run(t, nil, p.toy, "memfd", p.name)
		}, Down, unrelated, false},
		{"zombie", func(t *testing.T, p place) (string, int) {
			_, child := start(t, exec.Command(p.toy, "zombie", p.path))
			return p.path, child
		}, Down, Zombie, false},
		{"dead leader with living threads", func(t *testing.T, p place) (string, int) {
			pid := run(t, nil, p.path, "leader-exits")
			eventually(t, "the leader is dead", func() bool { return statusOf(t, pid).State == 'Z' })
			return p.path, pid
		}, Up, counts, false},
		{"dead leader, upgraded", func(t *testing.T, p place) (string, int) {
			pid := run(t, nil, p.path, "leader-exits")
			eventually(t, "the leader is dead", func() bool { return statusOf(t, pid).State == 'Z' })
			p.upgrade(t)
			return p.path, pid
		}, Up, counts, true},
		{"tail with the path as argument", func(t *testing.T, p place) (string, int) {
			// sh says "up" for it, and becomes it
			return p.path, run(t, nil, "/bin/sh", "-c", `echo "up $$"; exec tail -f "$0"`, write(t, p.dir, "log", "", 0o644), p.path)
		}, Down, unrelated, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path, pid := tc.start(t, newPlace(t))
			v := verdict(t, Spec{Executable: path})
			wantReal(t, v, pid, tc.state, tc.reason)
			for _, m := range v.Matches {
				if m.OldImage != tc.old || m.Stopped {
					t.Errorf("%+v", m)
				}
			}
		})
	}
}

func statusOf(t *testing.T, pid int) proctable.Status {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	must(t, err)
	st, err := proctable.ParseStatus(text)
	must(t, err)
	return st
}

// What is missing on disk cannot be judged, whatever runs.
func TestRealMissingFile(t *testing.T) {
	p := newPlace(t)
	run(t, nil, p.path)
	must(t, os.Rename(p.path, p.path+".old"))
	if v := verdict(t, Spec{Executable: p.path}); v.State != Unknown || !errors.Is(v.Err, fs.ErrNotExist) {
		t.Errorf("%+v", v)
	}
}

// A stopped daemon is up, and said to be stopped until it is continued.
func TestRealStopped(t *testing.T) {
	p := newPlace(t)
	pid := run(t, nil, p.path)
	for _, tc := range []struct {
		signal syscall.Signal
		state  string
		want   bool
	}{{unix.SIGSTOP, "T", true}, {unix.SIGCONT, "SR", false}} {
		must(t, unix.Kill(pid, tc.signal))
		eventually(t, tc.signal.String(), func() bool { return strings.IndexByte(tc.state, statusOf(t, pid).State) >= 0 })
		v := verdict(t, Spec{Executable: p.path})
		wantReal(t, v, pid, Up, counts)
		if len(v.Matches) != 1 || v.Matches[0].Stopped != tc.want {
			t.Errorf("after %v: %+v", tc.signal, v)
		}
	}
}

// A daemon that has died is down, and one that came back is up.
func TestRealDeath(t *testing.T) {
	p := newPlace(t)
	cmd := exec.Command(p.path)
	pid, _ := start(t, cmd)
	wantReal(t, verdict(t, Spec{Executable: p.path}), pid, Up, counts)
	must(t, cmd.Process.Kill())
	eventually(t, "all its threads are dead", func() bool { st := statusOf(t, pid); return st.State == 'Z' && st.Threads == 1 })
	wantReal(t, verdict(t, Spec{Executable: p.path}), pid, Down, Zombie)
	cmd.Wait()
	wantReal(t, verdict(t, Spec{Executable: p.path}), pid, Down, unrelated)
	pid = run(t, nil, p.path)
	wantReal(t, verdict(t, Spec{Executable: p.path}), pid, Up, counts)
}

// Only the wanted user's processes count, by the effective user id; and not those of
// whoever runs a set-user-ID program (Debian's exim4): their real one is another.
func TestRealUser(t *testing.T) {
	p := newPlace(t)
	pid := run(t, as(stranger), p.path)
	for uid, want := range map[uint32]struct {
		state  State
		reason Reason
	}{stranger: {Up, counts}, 0: {Down, OtherUser}, 65534: {Down, OtherUser}, 4294967294: {Down, OtherUser}} {
		wantReal(t, verdict(t, Spec{Executable: p.path, User: &uid}), pid, want.state, want.reason)
	}
	setuid := p.install(t, p.dir+"/setuid")
	must(t, os.Chmod(setuid, 0o4755))
	pid = run(t, as(stranger), setuid)
	if st := statusOf(t, pid); st.Users[proctable.Effective] != 0 {
		t.Skip("set-user-ID programs have no effect here")
	}
	root, them := uint32(0), uint32(stranger)
	wantReal(t, verdict(t, Spec{Executable: setuid, User: &root}), pid, Down, OtherUser)
	wantReal(t, verdict(t, Spec{Executable: setuid, User: &them}), pid, Down, OtherUser)
	wantReal(t, verdict(t, Spec{Executable: setuid, NotUser: &root}), pid, Up, counts)
	wantReal(t, verdict(t, Spec{Executable: setuid}), pid, Up, counts)
	dropped := p.install(t, p.dir+"/dropped") // by a daemon that root has started, for a while
	pid = run(t, nil, "setpriv", "--ruid", "0", "--euid", strconv.Itoa(stranger), dropped)
	wantReal(t, verdict(t, Spec{Executable: dropped, User: &them}), pid, Up, counts)
	wantReal(t, verdict(t, Spec{Executable: dropped, User: &root}), pid, Down, OtherUser)
}

// One look tells of several daemons.
func TestRealSeveral(t *testing.T) {
	p := newPlace(t)
	a, b, c := p.path, p.install(t, p.dir+"/second"), p.install(t, p.dir+"/third")
	run(t, nil, a)
	run(t, nil, c)
	run(t, nil, c)
	specs := []Spec{{Executable: a}, {Executable: b}, {Executable: c}, {Executable: p.dir + "/fourth"}}
	s, err := lookNow(t.Context(), specs, Options{Full: true})
	must(t, err)
	for i, want := range []struct {
		state State
		count int
	}{{Up, 1}, {Down, 0}, {Up, 2}, {Unknown, 0}} {
		if v := Judge(s, specs[i]); v.State != want.state || len(v.Matches) != want.count {
			t.Errorf("%v: %+v", specs[i].Executable, v)
		}
	}
}
