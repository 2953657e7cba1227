package proctable

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// fakeProc is a proc file system in which there is one listening socket, on
// 127.0.0.1:22, whose inode is 7.
type fakeProc struct {
	t *testing.T
	procTable
}

func newFakeProc(t *testing.T) fakeProc {
	f := fakeProc{t, At(t.TempDir(), Directly())}
	f.file("self/net/tcp", listenHead+listenRow)
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		t.Skip("the table is a little-endian machine's")
	}
	f.link("self/ns/net", "net:[1]")
	f.process(1, 0, "init")
	return f
}

func (f fakeProc) file(path, text string) {
	f.t.Helper()
	path = filepath.Join(f.root, path)
	must(f.t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(f.t, os.WriteFile(path, []byte(text), 0o644))
}

func (f fakeProc) link(path, to string) {
	f.t.Helper()
	path = filepath.Join(f.root, path)
	must(f.t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(f.t, os.Symlink(to, path))
}

// process has each of these open, as links of proc_pid_fd(5).
func (f fakeProc) process(pid, parent int, name string, open ...string) Process {
	f.t.Helper()
	dir := strconv.Itoa(pid)
	f.file(dir+"/status", fmt.Sprintf("Name:\t%s\nState:\tS\nTgid:\t%d\nPPid:\t%d\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nThreads:\t1\n", name, pid, parent))
	f.link(dir+"/ns/net", "net:[1]")
	must(f.t, os.MkdirAll(f.dir(pid)+"/fd", 0o755))
	for i, to := range open {
		f.link(fmt.Sprintf("%s/fd/%d", dir, i), to)
	}
	return Process{PID: pid, Parent: parent}
}

func (f fakeProc) remove(path string) {
	f.t.Helper()
	must(f.t, os.RemoveAll(filepath.Join(f.root, path)))
}

const theSocket = "socket:[7]"

// A stranger is named only where all was seen, and where it is none of the
// daemon's family.
func TestAcceptedBy(t *testing.T) {
	for _, tc := range []struct {
		name string
		make func(f fakeProc) []Process
		want string
	}{
		{"the daemon", func(f fakeProc) []Process {
			return []Process{f.process(684, 1, "sshd", "/dev/null", theSocket)}
		}, ""},
		{"the second of the daemon's processes", func(f fakeProc) []Process {
			return []Process{f.process(684, 1, "sshd"), f.process(685, 1, "sshd", theSocket)}
		}, ""},
		{"a stranger", func(f fakeProc) []Process {
			f.process(731, 1, "nc", "/dev/null", theSocket)
			return []Process{f.process(684, 1, "sshd", "socket:[8]")}
		}, "pid 731 nc"},
		{"several strangers", func(f fakeProc) []Process {
			f.process(731, 1, "nc", theSocket)
			f.process(732, 731, "nc2", theSocket)
			return []Process{f.process(684, 1, "sshd")}
		}, "pid 731 nc"},
		{"a stranger, and the daemon has it too", func(f fakeProc) []Process {
			f.process(731, 1, "nc", theSocket)
			return []Process{f.process(684, 1, "sshd", theSocket)}
		}, ""},
		{"process 1", func(f fakeProc) []Process {
			f.link("1/fd/40", theSocket)
			f.process(731, 1, "nc", theSocket)
			return []Process{f.process(684, 50, "sshd")}
		}, ""},
		{"a stranger, and its parent is out of sight", func(f fakeProc) []Process {
			f.process(731, 1, "nc", theSocket)
			return []Process{f.process(684, 0, "sshd")}
		}, "pid 731 nc"},
		{"its supervisor", func(f fakeProc) []Process {
			f.process(50, 1, "supervisord", theSocket)
			return []Process{f.process(684, 50, "sshd")}
		}, ""},
		{"its supervisor's other child", func(f fakeProc) []Process {
			f.process(50, 1, "supervisord")
			f.process(731, 50, "nc", theSocket)
			return []Process{f.process(684, 50, "sshd")}
		}, "pid 731 nc"},
		{"its child", func(f fakeProc) []Process {
			f.process(731, 684, "worker", theSocket)
			return []Process{f.process(684, 1, "sshd")}
		}, ""},
		{"its child's child", func(f fakeProc) []Process {
			f.process(700, 684, "worker")
			f.process(731, 700, "worker", theSocket)
			return []Process{f.process(684, 1, "sshd")}
		}, ""},
		{"a stranger, and its child", func(f fakeProc) []Process {
			f.process(700, 1, "nc", theSocket)
			f.process(731, 684, "worker", theSocket)
			return []Process{f.process(684, 1, "sshd")}
		}, ""},
		{"nobody that could be seen", func(f fakeProc) []Process {
			return []Process{f.process(684, 1, "sshd")}
		}, ""},
		{"in another network", func(f fakeProc) []Process {
			f.process(731, 1, "nc", theSocket)
			m := f.process(684, 1, "sshd")
			f.remove("684/ns/net")
			f.link("684/ns/net", "net:[2]")
			return []Process{m}
		}, ""},
		{"the daemon has ended", func(f fakeProc) []Process {
			f.process(731, 1, "nc", theSocket)
			m := f.process(684, 1, "sshd")
			f.remove("684")
			return []Process{m}
		}, ""},
		{"what it has open cannot be seen", func(f fakeProc) []Process {
			f.process(731, 1, "nc", theSocket)
			m := f.process(684, 1, "sshd")
			f.remove("684/fd")
			return []Process{m}
		}, ""},
		{"what process 1 has open cannot be seen", func(f fakeProc) []Process {
			f.process(731, 1, "nc", theSocket)
			f.remove("1/fd")
			return []Process{f.process(684, 0, "sshd")}
		}, ""},
		{"what another has open cannot be seen", func(f fakeProc) []Process {
			f.process(731, 1, "nc", theSocket)
			f.process(600, 1, "other")
			f.remove("600/fd")
			return []Process{f.process(684, 1, "sshd")}
		}, "pid 731 nc"},
		{"no table", func(f fakeProc) []Process {
			f.process(731, 1, "nc", theSocket)
			f.remove("self/net/tcp")
			return []Process{f.process(684, 1, "sshd")}
		}, ""},
		{"a table that cannot be read", func(f fakeProc) []Process {
			f.process(731, 1, "nc", theSocket)
			f.file("self/net/tcp6", listenHead+"x")
			return []Process{f.process(684, 1, "sshd")}
		}, ""},
		{"a socket that is in no table", func(f fakeProc) []Process {
			f.process(731, 1, "nc", theSocket)
			f.file("self/net/tcp", listenHead)
			return []Process{f.process(684, 1, "sshd")}
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFakeProc(t)
			matches := tc.make(f)
			at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 22}
			if got := f.acceptedBy(t.Context(), at, matches); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// The search for a stranger ends with the time that there is for it.
func TestAcceptedByInTime(t *testing.T) {
	f := newFakeProc(t)
	f.process(731, 1, "nc", theSocket)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 22}
	if got := f.acceptedBy(ctx, at, []Process{f.process(684, 1, "sshd")}); got != "" {
		t.Error(got)
	}
}
