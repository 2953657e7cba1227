package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
)

// dialError is what the net package makes of an error of connect(2).
func dialError(err error) error {
	if errno, ok := err.(syscall.Errno); ok {
		err = os.NewSyscallError("connect", errno)
	}
	return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 22}, Err: err}
}

// wantProbed holds a probe against the one fault that makes the daemon Down, or the
// error that leaves it Unknown, or neither.
func wantProbed(t *testing.T, p probed, fault, unknown string) {
	t.Helper()
	var want []Fault
	if fault != "" {
		want = []Fault{{Listening, Restart, fault}}
	}
	if !reflect.DeepEqual(p.faults, want) {
		t.Errorf("faults %+v, want %+v", p.faults, want)
	}
	if got := fmt.Sprint(p.err); p.err != nil && got != unknown || p.err == nil && unknown != "" {
		t.Errorf("error %v, want %q", p.err, unknown)
	}
}

// Only what the other side does is its fault; what keeps us from it is unknown.
func TestListenNotConnected(t *testing.T) {
	tcp := Listen{Network: "tcp", Address: "127.0.0.1:22", Timeout: 5 * time.Second}
	unix := Listen{Network: "unix", Address: "/run/x.sock", Timeout: 5 * time.Second}
	for _, tc := range []struct {
		l              Listen
		err            error
		fault, unknown string
	}{
		{tcp, syscall.ECONNREFUSED, "tcp://127.0.0.1:22 refuses connections", ""},
		{tcp, syscall.ECONNRESET, "tcp://127.0.0.1:22 refuses connections", ""},
		{tcp, syscall.ETIMEDOUT, "tcp://127.0.0.1:22 has not answered within 5s", ""},
		{tcp, os.ErrDeadlineExceeded, "tcp://127.0.0.1:22 has not answered within 5s", ""},
		{tcp, context.DeadlineExceeded, "tcp://127.0.0.1:22 has not answered within 5s", ""},
		{tcp, syscall.EACCES, "", "cannot connect to tcp://127.0.0.1:22: permission denied"},
		{tcp, syscall.EPERM, "", "cannot connect to tcp://127.0.0.1:22: operation not permitted"},
		{tcp, syscall.ENETUNREACH, "", "cannot connect to tcp://127.0.0.1:22: network is unreachable"},
		{tcp, syscall.EHOSTUNREACH, "", "cannot connect to tcp://127.0.0.1:22: no route to host"},
		{tcp, syscall.EADDRNOTAVAIL, "", "cannot connect to tcp://127.0.0.1:22: "},
		{tcp, syscall.EMFILE, "", "cannot connect to tcp://127.0.0.1:22: too many open files"},
		{tcp, syscall.ENFILE, "", "cannot connect to tcp://127.0.0.1:22: "},
		{tcp, syscall.ENOMEM, "", "cannot connect to tcp://127.0.0.1:22: cannot allocate memory"},
		{tcp, syscall.EAFNOSUPPORT, "", "cannot connect to tcp://127.0.0.1:22: "},
		{tcp, syscall.EAGAIN, "", "cannot connect to tcp://127.0.0.1:22: resource temporarily unavailable"},
		{tcp, syscall.ENOENT, "", "cannot connect to tcp://127.0.0.1:22: no such file or directory"},
		{tcp, context.Canceled, "", "cannot connect to tcp://127.0.0.1:22: "},
		{unix, syscall.ECONNREFUSED, "unix:///run/x.sock refuses connections", ""},
		{unix, syscall.ENOENT, "no socket /run/x.sock", ""},
		{unix, syscall.ENOTSOCK, "/run/x.sock is not a socket", ""},
		{unix, syscall.EAGAIN, "unix:///run/x.sock has not answered within 5s", ""},
		{unix, syscall.EACCES, "", "cannot connect to unix:///run/x.sock: permission denied"},
		{unix, syscall.ENOTDIR, "", "cannot connect to unix:///run/x.sock: not a directory"},
		{unix, syscall.EPROTOTYPE, "", "cannot connect to unix:///run/x.sock: "},
		{unix, syscall.EINVAL, "", "cannot connect to unix:///run/x.sock: invalid argument"},
	} {
		t.Run(tc.l.Network+" "+tc.err.Error(), func(t *testing.T) {
			err := dialError(tc.err)
			if strings.HasSuffix(tc.unknown, ": ") { // the words differ between systems
				tc.unknown += errnoOf(err).Error()
			}
			wantProbed(t, tc.l.notConnected(err), tc.fault, tc.unknown)
		})
	}
}

// What it says must begin as expected; whatever else it does is its fault.
func TestListenHeard(t *testing.T) {
	const ssh = "SSH-2.0-"
	long := strings.Repeat("x", 70)
	for _, tc := range []struct {
		name, expect, answer string
		err                  error
		fault, unknown       string
	}{
		{"accepting is enough", "", "", nil, "", ""},
		{"exactly", ssh, "SSH-2.0-", nil, "", ""},
		{"and more", ssh, "SSH-2.0-OpenSSH_9.2p1 Debian\r\n", nil, "", ""},
		{"and then hung up", ssh, "SSH-2.0-x", io.EOF, "", ""},
		{"another", ssh, "220 mx ESMTP\r\n", nil, `tcp://127.0.0.1:22 says "220 mx ESMTP\r\n" where "SSH-2.0-" is expected`, ""},
		{"the beginning alone", ssh, "SSH", io.EOF, `tcp://127.0.0.1:22 hangs up after "SSH" where "SSH-2.0-" is expected`, ""},
		{"in other letters", ssh, "ssh-2.0-", nil, `tcp://127.0.0.1:22 says "ssh-2.0-" where "SSH-2.0-" is expected`, ""},
		{"further on", ssh, " SSH-2.0-", nil, `tcp://127.0.0.1:22 says " SSH-2.0-" where "SSH-2.0-" is expected`, ""},
		{"hostile", ssh, "\x1b[2J\x00\xff\"\n", nil, `tcp://127.0.0.1:22 says "\x1b[2J\x00\xff\"\n" where "SSH-2.0-" is expected`, ""},
		{"long", ssh, long, nil, `tcp://127.0.0.1:22 says "` + long[:60] + `"... where "SSH-2.0-" is expected`, ""},
		{"as long as is shown", ssh, long[:60], nil, `tcp://127.0.0.1:22 says "` + long[:60] + `" where "SSH-2.0-" is expected`, ""},
		{"longer expected", long, "x", io.EOF, `tcp://127.0.0.1:22 hangs up after "x" where "` + long[:60] + `"... is expected`, ""},
		{"silent", ssh, "", os.ErrDeadlineExceeded, "tcp://127.0.0.1:22 has accepted, and not said anything within 5s", ""},
		{"falls silent", ssh, "SSH", os.ErrDeadlineExceeded, `tcp://127.0.0.1:22 says no more within 5s than "SSH" where "SSH-2.0-" is expected`, ""},
		{"hangs up", ssh, "", io.EOF, "tcp://127.0.0.1:22 has accepted, and hung up without a word", ""},
		{"resets", ssh, "", syscall.ECONNRESET, "tcp://127.0.0.1:22 has accepted, and hung up without a word", ""},
		{"has hung up on what was sent", ssh, "", syscall.EPIPE, "tcp://127.0.0.1:22 has accepted, and hung up without a word", ""},
		{"has hung up, nothing expected", "", "", syscall.EPIPE, "tcp://127.0.0.1:22 has accepted, and hung up without a word", ""},
		{"resets after a few bytes", ssh, "SS", syscall.ECONNRESET, `tcp://127.0.0.1:22 hangs up after "SS" where "SSH-2.0-" is expected`, ""},
		{"we have no memory", ssh, "", syscall.ENOBUFS, "", "cannot talk to tcp://127.0.0.1:22: no buffer space available"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := Listen{Network: "tcp", Address: "127.0.0.1:22", Expect: tc.expect, Timeout: 5 * time.Second}
			err := tc.err
			if _, ok := err.(syscall.Errno); ok {
				err = dialError(err)
			}
			wantProbed(t, l.heard([]byte(tc.answer), err), tc.fault, tc.unknown)
		})
	}
}

// server answers connections on an address of this machine until the test ends.
func server(t *testing.T, network, address string, answer func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				answer(c)
			}()
		}
	}()
	return l.Addr().String()
}

// socketPath is short: a socket's path has at most 103 bytes on FreeBSD.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "check-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir + "/s"
}

// stay keeps a connection until the other side closes it.
func stay(c net.Conn) { io.Copy(io.Discard, c) }

func says(words ...string) func(net.Conn) {
	return func(c net.Conn) {
		for _, w := range words {
			io.WriteString(c, w)
			time.Sleep(time.Millisecond) // in a packet of its own, mostly
		}
		stay(c)
	}
}

func echo(c net.Conn) { io.Copy(c, c) }

// plenty is a time-out that is never reached.
const plenty = 20 * time.Second

var ourselves = []Match{{Process: proctable.Process{PID: os.Getpid(), Parent: os.Getppid()}}}

// A real connection is made, and what is said there counts.
func TestListenProbe(t *testing.T) {
	flood := func(c net.Conn) {
		for _, err := io.WriteString(c, strings.Repeat("y", 9000)); err == nil; {
			_, err = io.WriteString(c, "y")
		}
	}
	for _, tc := range []struct {
		name         string
		answer       func(net.Conn)
		send, expect string
		fault        string // behind the address
	}{
		{"accepting is enough", stay, "", "", ""},
		{"sending is enough", stay, "PING\r\n", "", ""},
		{"the right banner", says("SSH-2.0-x\r\n"), "", "SSH-2.0-", ""},
		{"in pieces", says("S", "SH", "-2.", "0-"), "", "SSH-2.0-", ""},
		{"a flood that begins well", flood, "", "yyy", ""},
		{"a flood up to the last byte that can be expected", flood, "", strings.Repeat("y", answerLimit), ""},
		{"a flood that does not", flood, "", "yyn", " says \"" + strings.Repeat("y", 60) + "\"... where \"yyn\" is expected"},
		{"another banner", says("220 mx ESMTP\r\n"), "", "SSH-2.0-", ` says "220 mx ESMTP\r\n" where "SSH-2.0-" is expected`},
		{"shorter than expected and wrong", says("no\n"), "", "SSH-2.0-", ` says "no\n" where "SSH-2.0-" is expected`},
		{"speaks when spoken to", echo, "PING\r\n", "PING", ""},
		{"speaks only when spoken to", echo, "", "PING", " has accepted, and not said anything within 3s"},
		{"is told something else", echo, "PONG\r\n", "PING", ` says "PONG\r\n" where "PING" is expected`},
		{"silent", stay, "", "SSH-2.0-", " has accepted, and not said anything within 3s"},
		{"falls silent", says("SSH-"), "", "SSH-2.0-", ` says no more within 3s than "SSH-" where "SSH-2.0-" is expected`},
		{"hangs up at once", func(net.Conn) {}, "", "SSH-2.0-", " has accepted, and hung up without a word"},
		{"hangs up too early", func(c net.Conn) { io.WriteString(c, "SSH") }, "", "SSH-2.0-", ` hangs up after "SSH" where "SSH-2.0-" is expected`},
	} {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(tc.name+" "+network, func(t *testing.T) {
				t.Parallel()
				at := "127.0.0.1:0"
				if network == "unix" {
					at = socketPath(t)
				}
				l := Listen{Network: network, Address: server(t, network, at, tc.answer), Send: tc.send, Expect: tc.expect, Timeout: plenty}
				if strings.Contains(tc.fault, "3s") {
					l.Timeout = 3 * time.Second
				}
				fault := tc.fault
				if fault != "" {
					fault = l.String() + fault
				}
				wantProbed(t, l.probe(t.Context(), proctable.Directly(), ourselves), fault, "")
			})
		}
	}
}

// Every way to write an address of this machine leads there.
func TestListenAddresses(t *testing.T) {
	port := func(network, host string) string {
		_, port, _ := net.SplitHostPort(server(t, network, host+":0", says("hello")))
		return port
	}
	v4 := port("tcp4", "127.0.0.1")
	for network, address := range map[string]string{"tcp": "localhost:" + v4, "tcp4": "127.0.0.1:" + v4} {
		wantProbed(t, Listen{Network: network, Address: address, Expect: "hello", Timeout: plenty}.probe(t.Context(), proctable.Directly(), ourselves), "", "")
	}
	if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skip("no IPv6 here: ", err)
	} else {
		l.Close()
	}
	v6, any := port("tcp6", "[::1]"), port("tcp", "[::]")
	for _, tc := range []struct{ network, address string }{
		{"tcp6", "localhost:" + v6},
		{"tcp6", "[::1]:" + v6},
		{"tcp", "[::1]:" + v6},
		{"tcp", "127.0.0.1:" + any},
		{"tcp", "[::ffff:127.0.0.1]:" + any},
		{"tcp", "0.0.0.0:" + any},
		{"tcp6", "[::]:" + any},
	} {
		wantProbed(t, Listen{Network: tc.network, Address: tc.address, Expect: "hello", Timeout: plenty}.probe(t.Context(), proctable.Directly(), ourselves), "", "")
	}
}

// What is not an address here is unknown, and no name is looked up.
func TestListenNoAddress(t *testing.T) {
	for _, address := range []string{"localhost", "example.org:22", "127.0.0.1", "127.0.0.1:ssh", "ssh", "", "localhost:99999"} {
		l := Listen{Network: "tcp", Address: address, Timeout: plenty}
		wantProbed(t, l.probe(t.Context(), proctable.Directly(), ourselves), "", "cannot connect to tcp://"+address+": it is not an address and port")
	}
	l := Listen{Network: "unix", Address: "/" + strings.Repeat("x", 200), Timeout: plenty}
	wantProbed(t, l.probe(t.Context(), proctable.Directly(), ourselves), "", "cannot connect to "+l.String()+": invalid argument")
	l = Listen{Network: "tcp", Address: "127.0.0.1:1", Expect: strings.Repeat("y", answerLimit+1), Timeout: plenty}
	wantProbed(t, l.probe(t.Context(), proctable.Directly(), ourselves), "", "cannot expect more than 4096 bytes of tcp://127.0.0.1:1")
}

// When the run itself ends, that is nobody's fault, and nothing is left behind.
func TestListenCutShort(t *testing.T) {
	t.Parallel()
	l := Listen{Network: "tcp", Address: server(t, "tcp", "127.0.0.1:0", stay), Expect: "x", Timeout: plenty}
	stopping := errors.New("stopping")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan probed)
	go func() { done <- l.probe(ctx, proctable.Directly(), ourselves) }()
	cancel(stopping)
	p := <-done
	wantProbed(t, p, "", "cannot tell whether "+l.String()+" answers: stopping")
	if !errors.Is(p.err, stopping) {
		t.Errorf("%v is not its cause", p.err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	wantProbed(t, l.probe(ctx, proctable.Directly(), ourselves), "", "cannot tell whether "+l.String()+" answers: context deadline exceeded")
}

// The limit is for all of the probe, not for each byte.
func TestListenLimitsTheWhole(t *testing.T) {
	t.Parallel()
	drip := func(c net.Conn) {
		for _, err := io.WriteString(c, "y"); err == nil; _, err = io.WriteString(c, "y") {
			time.Sleep(10 * time.Millisecond)
		}
	}
	l := Listen{Network: "tcp", Address: server(t, "tcp", "127.0.0.1:0", drip), Expect: strings.Repeat("y", answerLimit), Timeout: 3 * time.Second}
	began := time.Now()
	p := l.probe(t.Context(), proctable.Directly(), ourselves)
	if took := time.Since(began); took < l.Timeout || took > plenty/2 {
		t.Errorf("it took %v", took)
	}
	if len(p.faults) != 1 || !strings.Contains(p.faults[0].Text, `says no more within 3s than "yy`) {
		t.Errorf("%+v", p)
	}
}
