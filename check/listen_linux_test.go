package check

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"daemon-keeper/check/proctable"

	"golang.org/x/sys/unix"
)

// What real daemons do when they are asked.
func TestRealListen(t *testing.T) {
	for _, tc := range []struct {
		name  string
		steps []string // "ADDRESS" stands for it
		send  string
		fault string // behind the address; "" is well
	}{
		{"the right banner", []string{"greet", "tcp", "ADDRESS", "SSH-2.0-OpenSSH\r\n"}, "", ""},
		{"an answer", []string{"echo", "tcp", "ADDRESS"}, "SSH-2.0-?\n", ` says "you said SSH-2.0-?\n" where "SSH-2.0-" is expected`},
		{"a wrong banner", []string{"greet", "tcp", "ADDRESS", "220 mx ESMTP\r\n"}, "", ` says "220 mx ESMTP\r\n" where "SSH-2.0-" is expected`},
		{"silent", []string{"greet", "tcp", "ADDRESS", ""}, "", " has accepted, and not said anything within 3s"},
		{"hangs up at once", []string{"hang-up", "tcp", "ADDRESS", ""}, "", " has accepted, and hung up without a word"},
		{"hangs up too early", []string{"hang-up", "tcp", "ADDRESS", "SSH"}, "", ` hangs up after "SSH" where "SSH-2.0-" is expected`},
		{"does not listen", nil, "", " refuses connections"},
		{"listens elsewhere", []string{"greet", "tcp", "127.0.0.1:0", "SSH-2.0-"}, "", " refuses connections"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			l := Listen{Network: "tcp", Address: freeAddr(t, ownHost()), Send: tc.send, Expect: "SSH-2.0-", Timeout: patience}
			for i, s := range tc.steps {
				tc.steps[i] = strings.Replace(s, "ADDRESS", l.Address, 1)
			}
			pid := run(t, nil, p.path, tc.steps...)
			if tc.name == "silent" {
				l.Timeout = 3 * time.Second
			}
			if tc.fault != "" {
				tc.fault = l.String() + tc.fault
			}
			wantProbed(t, l.probe(t.Context(), proctable.Directly(), matchOf(t, pid)), tc.fault, "")
		})
	}
}

// All addresses are asked, at once, and one that does not answer is enough.
func TestRealListenAtSeveral(t *testing.T) {
	p := newPlace(t)
	open, closed := freeAddr(t, ownHost()), freeAddr(t, ownHost())
	spec := Spec{Executable: p.path, Listen: []Listen{
		{Network: "tcp", Address: open, Expect: "hello", Timeout: patience},
		{Network: "tcp", Address: closed, Expect: "hello", Timeout: patience},
	}}
	run(t, nil, p.path, "greet", "tcp", open, "hello")
	v := NewObserver(proctable.UsualThreads).Probe(t.Context(), spec, verdict(t, spec), false)
	if want := (Fault{Listening, Restart, spec.Listen[1].String() + " refuses connections"}); v.State != Down || len(v.Faults) != 1 || v.Faults[0] != want {
		t.Errorf("%+v", v)
	}
	spec.Listen = spec.Listen[:1]
	if v := NewObserver(proctable.UsualThreads).Probe(t.Context(), spec, verdict(t, spec), false); v.State != Up {
		t.Errorf("%+v", v)
	}
}

// A verdict that waits for the probe is Down if the daemon does not answer.
func TestRealListenVerdict(t *testing.T) {
	p := newPlace(t)
	spec := Spec{Executable: p.path, Listen: []Listen{{Network: "tcp", Address: freeAddr(t, ownHost()), Expect: "hello", Timeout: patience}}}
	cmd := exec.Command(p.path)
	start(t, cmd)
	v := NewObserver(proctable.UsualThreads).Probe(t.Context(), spec, verdict(t, spec), false)
	want := Fault{Listening, Restart, spec.Listen[0].String() + " refuses connections"}
	if v.State != Down || len(v.Faults) != 1 || v.Faults[0] != want {
		t.Errorf("%+v", v)
	}
	run(t, nil, p.path, "greet", "tcp", spec.Listen[0].Address, "hello")
	if v := NewObserver(proctable.UsualThreads).Probe(t.Context(), spec, verdict(t, spec), false); v.State != Up || len(v.Faults) != 0 {
		t.Errorf("%+v", v)
	}
}

// A socket's file outlives the daemon that has made it.
func TestRealListenUnix(t *testing.T) {
	p := newPlace(t)
	l := Listen{Network: "unix", Address: p.dir + "/s.sock", Expect: "hello", Timeout: patience}
	wantProbed(t, l.probe(t.Context(), proctable.Directly(), ourselves), "no socket "+l.Address, "")
	pid := run(t, nil, p.path)
	dead := exec.Command(p.path, "greet", "unix", l.Address, "hello")
	start(t, dead)
	wantProbed(t, l.probe(t.Context(), proctable.Directly(), matchOf(t, dead.Process.Pid)), "", "")
	must(t, dead.Process.Kill())
	dead.Wait()
	wantProbed(t, l.probe(t.Context(), proctable.Directly(), matchOf(t, pid)), l.String()+" refuses connections", "")

	l.Address = write(t, p.dir, "file", "", 0o644)
	wantProbed(t, l.probe(t.Context(), proctable.Directly(), matchOf(t, pid)), l.Address+" is not a socket", "")
	l.Address += "/s.sock"
	wantProbed(t, l.probe(t.Context(), proctable.Directly(), matchOf(t, pid)), "", "cannot connect to "+l.String()+": not a directory")
	l.Address = p.dir + "/d.sock"
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: l.Address, Net: "unixgram"})
	must(t, err)
	defer c.Close()
	wantProbed(t, l.probe(t.Context(), proctable.Directly(), matchOf(t, pid)), "", "cannot connect to "+l.String()+": protocol wrong type for socket")
}

// deaf is a socket that listens, and of which no connection is ever taken. Its
// queue is full, with connections that stay.
func deaf(t *testing.T, domain int, addr unix.Sockaddr) (fd int) {
	t.Helper()
	fd, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	must(t, unix.Bind(fd, addr))
	must(t, unix.Listen(fd, 0))
	addr, err = unix.Getsockname(fd)
	must(t, err)
	for range 2 {
		c, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		must(t, err)
		t.Cleanup(func() { unix.Close(c) })
		unix.Connect(c, addr)
	}
	return fd
}

// A full queue is not an answer; but one that empties in time is.
func TestRealListenFullQueue(t *testing.T) {
	tcp := deaf(t, unix.AF_INET, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	name, err := unix.Getsockname(tcp)
	must(t, err)
	port := name.(*unix.SockaddrInet4).Port
	l := Listen{Network: "tcp", Address: fmt.Sprintf("127.0.0.1:%d", port), Timeout: 300 * time.Millisecond}
	wantProbed(t, l.probe(t.Context(), proctable.Directly(), ourselves), l.String()+" has not answered within 300ms", "")

	l = Listen{Network: "unix", Address: t.TempDir() + "/s.sock", Timeout: 300 * time.Millisecond}
	fd := deaf(t, unix.AF_UNIX, &unix.SockaddrUnix{Name: l.Address})
	began := time.Now()
	wantProbed(t, l.probe(t.Context(), proctable.Directly(), ourselves), l.String()+" has not answered within 300ms", "")
	if took := time.Since(began); took < l.Timeout {
		t.Errorf("it did not wait: %v", took)
	}
	l.Timeout = patience
	done := make(chan probed)
	go func() { done <- l.probe(t.Context(), proctable.Directly(), ourselves) }()
	for range 2 {
		c, _, err := unix.Accept(fd)
		must(t, err)
		defer unix.Close(c)
	}
	wantProbed(t, <-done, "", "")
}

// What keeps us from connecting says nothing about the daemon.
func TestRealListenForbidden(t *testing.T) {
	l := Listen{Network: "tcp", Address: "255.255.255.255:22", Timeout: patience}
	p := l.probe(t.Context(), proctable.Directly(), ourselves)
	if len(p.faults) != 0 || p.err == nil {
		t.Errorf("%+v", p)
	}
}
