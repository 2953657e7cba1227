package check

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// fakeProc is a proc file system in which there is one listening socket, on
// 127.0.0.1:22, whose inode is 7.
type fakeProc struct {
	t *testing.T
	procTable
}

func newFakeProc(t *testing.T) fakeProc {
	f := fakeProc{t, newProcTable(t.TempDir(), directly())}
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
func (f fakeProc) process(pid, parent int, name string, open ...string) Match {
	f.t.Helper()
	dir := strconv.Itoa(pid)
	f.file(dir+"/status", fmt.Sprintf("Name:\t%s\nState:\tS\nTgid:\t%d\nPPid:\t%d\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nThreads:\t1\n", name, pid, parent))
	f.link(dir+"/ns/net", "net:[1]")
	must(f.t, os.MkdirAll(f.dir(pid)+"/fd", 0o755))
	for i, to := range open {
		f.link(fmt.Sprintf("%s/fd/%d", dir, i), to)
	}
	return Match{Process: Process{PID: pid, Parent: parent}}
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
		make func(f fakeProc) []Match
		want string
	}{
		{"the daemon", func(f fakeProc) []Match {
			return []Match{f.process(684, 1, "sshd", "/dev/null", theSocket)}
		}, ""},
		{"the second of the daemon's processes", func(f fakeProc) []Match {
			return []Match{f.process(684, 1, "sshd"), f.process(685, 1, "sshd", theSocket)}
		}, ""},
		{"a stranger", func(f fakeProc) []Match {
			f.process(731, 1, "nc", "/dev/null", theSocket)
			return []Match{f.process(684, 1, "sshd", "socket:[8]")}
		}, "pid 731 nc"},
		{"several strangers", func(f fakeProc) []Match {
			f.process(731, 1, "nc", theSocket)
			f.process(732, 731, "nc2", theSocket)
			return []Match{f.process(684, 1, "sshd")}
		}, "pid 731 nc"},
		{"a stranger, and the daemon has it too", func(f fakeProc) []Match {
			f.process(731, 1, "nc", theSocket)
			return []Match{f.process(684, 1, "sshd", theSocket)}
		}, ""},
		{"process 1", func(f fakeProc) []Match {
			f.link("1/fd/40", theSocket)
			f.process(731, 1, "nc", theSocket)
			return []Match{f.process(684, 50, "sshd")}
		}, ""},
		{"a stranger, and its parent is out of sight", func(f fakeProc) []Match {
			f.process(731, 1, "nc", theSocket)
			return []Match{f.process(684, 0, "sshd")}
		}, "pid 731 nc"},
		{"its supervisor", func(f fakeProc) []Match {
			f.process(50, 1, "supervisord", theSocket)
			return []Match{f.process(684, 50, "sshd")}
		}, ""},
		{"its supervisor's other child", func(f fakeProc) []Match {
			f.process(50, 1, "supervisord")
			f.process(731, 50, "nc", theSocket)
			return []Match{f.process(684, 50, "sshd")}
		}, "pid 731 nc"},
		{"its child", func(f fakeProc) []Match {
			f.process(731, 684, "worker", theSocket)
			return []Match{f.process(684, 1, "sshd")}
		}, ""},
		{"its child's child", func(f fakeProc) []Match {
			f.process(700, 684, "worker")
			f.process(731, 700, "worker", theSocket)
			return []Match{f.process(684, 1, "sshd")}
		}, ""},
		{"a stranger, and its child", func(f fakeProc) []Match {
			f.process(700, 1, "nc", theSocket)
			f.process(731, 684, "worker", theSocket)
			return []Match{f.process(684, 1, "sshd")}
		}, ""},
		{"nobody that could be seen", func(f fakeProc) []Match {
			return []Match{f.process(684, 1, "sshd")}
		}, ""},
		{"in another network", func(f fakeProc) []Match {
			f.process(731, 1, "nc", theSocket)
			m := f.process(684, 1, "sshd")
			f.remove("684/ns/net")
			f.link("684/ns/net", "net:[2]")
			return []Match{m}
		}, ""},
		{"the daemon has ended", func(f fakeProc) []Match {
			f.process(731, 1, "nc", theSocket)
			m := f.process(684, 1, "sshd")
			f.remove("684")
			return []Match{m}
		}, ""},
		{"what it has open cannot be seen", func(f fakeProc) []Match {
			f.process(731, 1, "nc", theSocket)
			m := f.process(684, 1, "sshd")
			f.remove("684/fd")
			return []Match{m}
		}, ""},
		{"what process 1 has open cannot be seen", func(f fakeProc) []Match {
			f.process(731, 1, "nc", theSocket)
			f.remove("1/fd")
			return []Match{f.process(684, 0, "sshd")}
		}, ""},
		{"what another has open cannot be seen", func(f fakeProc) []Match {
			f.process(731, 1, "nc", theSocket)
			f.process(600, 1, "other")
			f.remove("600/fd")
			return []Match{f.process(684, 1, "sshd")}
		}, "pid 731 nc"},
		{"no table", func(f fakeProc) []Match {
			f.process(731, 1, "nc", theSocket)
			f.remove("self/net/tcp")
			return []Match{f.process(684, 1, "sshd")}
		}, ""},
		{"a table that cannot be read", func(f fakeProc) []Match {
			f.process(731, 1, "nc", theSocket)
			f.file("self/net/tcp6", listenHead+"x")
			return []Match{f.process(684, 1, "sshd")}
		}, ""},
		{"a socket that is in no table", func(f fakeProc) []Match {
			f.process(731, 1, "nc", theSocket)
			f.file("self/net/tcp", listenHead)
			return []Match{f.process(684, 1, "sshd")}
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
	if got := f.acceptedBy(ctx, at, []Match{f.process(684, 1, "sshd")}); got != "" {
		t.Error(got)
	}
}

// ownHost is an address of this machine that nobody else uses.
func ownHost() string {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 1+pid>>16&127, pid>>8&255, pid&255)
}

// freeAddr has a port that nothing listens to.
func freeAddr(t *testing.T, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skip("this machine does not have the address: ", err)
	}
	defer l.Close()
	return l.Addr().String()
}

// samePort is another address with the same port.
func samePort(t *testing.T, host, as string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(as)
	must(t, err)
	return net.JoinHostPort(host, port)
}

// matchOf is a process as a look would have it.
func matchOf(t *testing.T, pid int) []Match {
	t.Helper()
	return []Match{{Process: Process{PID: pid, Parent: statusOf(t, pid).parent}}}
}

// wantStranger wants the warning that another process has accepted.
func wantStranger(t *testing.T, p probed, l Listen, pid int) {
	t.Helper()
	want := Fault{Listening, Warn, fmt.Sprintf("%v is accepted by pid %d toy, not by the daemon", l, pid)}
	if p.err != nil || len(p.faults) != 1 || p.faults[0] != want {
		t.Errorf("%+v, want %+v", p, want)
	}
}

// The real tables tell who listens, however the socket is bound.
func TestRealOwner(t *testing.T) {
	for _, tc := range []struct {
		name, network string
		addresses     func(t *testing.T, p place) (bound, asked string)
	}{
		{"its own address", "tcp", func(t *testing.T, _ place) (string, string) {
			a := freeAddr(t, ownHost())
			return a, a
		}},
		{"any address", "tcp", func(t *testing.T, _ place) (string, string) {
			a := freeAddr(t, ownHost())
			return samePort(t, "0.0.0.0", a), a
		}},
		{"any address of both protocols", "tcp", func(t *testing.T, _ place) (string, string) {
			a := freeAddr(t, ownHost())
			return samePort(t, "::", a), a
		}},
		{"IPv6", "tcp6", func(t *testing.T, _ place) (string, string) {
			a := freeAddr(t, "::1")
			return a, a
		}},
		{"any address of IPv6", "tcp6", func(t *testing.T, _ place) (string, string) {
			a := freeAddr(t, "::1")
			return samePort(t, "::", a), a
		}},
		{"localhost", "tcp", func(t *testing.T, _ place) (string, string) {
			a := freeAddr(t, "127.0.0.1")
			return a, samePort(t, "localhost", a)
		}},
		{"unix", "unix", func(_ *testing.T, p place) (string, string) {
			return p.dir + "/s.sock", p.dir + "/s.sock"
		}},
		{"unix, by another name of the folder", "unix", func(t *testing.T, p place) (string, string) {
			return link(t, p.dir, p.dir+"/link") + "/s.sock", p.dir + "/s.sock"
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			bound, asked := tc.addresses(t, p)
			l := Listen{Network: tc.network, Address: asked, Expect: "hello", Timeout: patience}
			idle := run(t, nil, p.path)
			parent, holder := start(t, exec.Command(p.path, "spawn", p.toy, "greet", tc.network, bound, "hello\n"))
			wantProbed(t, l.probe(t.Context(), directly(), matchOf(t, holder)), "", "")
			wantProbed(t, l.probe(t.Context(), directly(), matchOf(t, parent)), "", "")
			wantStranger(t, l.probe(t.Context(), directly(), matchOf(t, idle)), l, holder)
		})
	}
}

// The same address in another network is another address.
func TestRealOwnerElsewhere(t *testing.T) {
	p := newPlace(t)
	l := Listen{Network: "tcp", Address: freeAddr(t, ownHost()), Expect: "hello", Timeout: patience}
	elsewhere := run(t, in(unix.CLONE_NEWNET), p.path)
	run(t, nil, p.toy, "greet", "tcp", l.Address, "hello")
	wantProbed(t, l.probe(t.Context(), directly(), matchOf(t, elsewhere)), "", "")
}
