package check

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"

	"daemon-keeper/check/proctable"

	"golang.org/x/sys/unix"
)

// ownHost is an address of this machine that nobody else uses.
func ownHost() string {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 1+pid>>16&127, pid>>8&255, pid&255)
}

// lastPort is the last that freeAddr has given away. Ports below 32768 are given to nobody who
// does not ask for one.
var lastPort atomic.Int32

// freeAddr has a port that nothing listens to, another one each time.
func freeAddr(t *testing.T, host string) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(10_000+int(lastPort.Add(1)))))
		switch {
		case err == nil:
			defer l.Close()
			return l.Addr().String()
		case errors.Is(err, unix.EADDRNOTAVAIL), errors.Is(err, unix.EAFNOSUPPORT): // ::1, where IPv6 is switched off
			t.Skip("this machine does not have the address: ", err)
		case !errors.Is(err, unix.EADDRINUSE):
			t.Fatal(err)
		}
	}
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
	return []Match{{Process: proctable.Process{PID: pid, Parent: statusOf(t, pid).Parent}}}
}

// wantStranger wants the warning that another process has accepted.
// wantStranger fails the test unless a probe of l finds that the process pid has it. On a busy
// machine a probe may find nobody: looking for the holder has a limit of time.
func wantStranger(t *testing.T, l Listen, daemon []Match, pid int) {
	t.Helper()
	want := Fault{Listening, Warn, fmt.Sprintf("%v is accepted by pid %d toy, not by the daemon", l, pid)}
	eventually(t, want.Text, func() bool {
		p := l.probe(t.Context(), proctable.Directly(), daemon)
		if p.err != nil || len(p.faults) > 1 || len(p.faults) == 1 && p.faults[0] != want {
			t.Fatalf("%+v, want %+v", p, want)
		}
		return len(p.faults) == 1
	})
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
			wantProbed(t, l.probe(t.Context(), proctable.Directly(), matchOf(t, holder)), "", "")
			wantProbed(t, l.probe(t.Context(), proctable.Directly(), matchOf(t, parent)), "", "")
			wantStranger(t, l, matchOf(t, idle), holder)
		})
	}
}

// The same address in another network is another address.
func TestRealOwnerElsewhere(t *testing.T) {
	p := newPlace(t)
	l := Listen{Network: "tcp", Address: freeAddr(t, ownHost()), Expect: "hello", Timeout: patience}
	elsewhere := run(t, in(unix.CLONE_NEWNET), p.path)
	run(t, nil, p.toy, "greet", "tcp", l.Address, "hello")
	wantProbed(t, l.probe(t.Context(), proctable.Directly(), matchOf(t, elsewhere)), "", "")
}
