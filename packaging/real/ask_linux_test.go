package real

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"daemon-keeper/internal/realtest"
)

// askTime is the limit for one answer.
const askTime = 10 * time.Second

// ask is a question that shows whether a daemon answers: what is sent to it, and what
// must be in its answer.
type ask struct {
	network string // tcp, udp, tls, unix, or syslog
	address string // a port of 127.0.0.1, or a path in the machine
	send    string
	expect  string // of syslog: the file that gets the line
}

// answered asks a daemon of a machine, and tells what went wrong.
func (a ask) answered(m *realtest.Machine) error {
	if a.network == "syslog" {
		return a.logged(m)
	}
	conn, err := a.dial(m)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(askTime)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte(a.send)); err != nil {
		return err
	}
	var got []byte
	part := make([]byte, 4096)
	for !strings.Contains(string(got), a.expect) || len(got) == 0 {
		n, err := conn.Read(part)
		got = append(got, part[:n]...)
		if err != nil && !(n > 0 && strings.Contains(string(got), a.expect)) {
			return fmt.Errorf("%q was answered by %q: %w", a.send, got, err)
		}
	}
	return nil
}

// logged sends a line to the syslog socket, and sees it arrive in the file.
func (a ask) logged(m *realtest.Machine) error {
	conn, err := net.Dial("unixgram", m.Path(a.address))
	if err != nil {
		return err
	}
	defer conn.Close()
	line := fmt.Sprintf("asked at %d", time.Now().UnixNano())
	if _, err := conn.Write([]byte("<13>real: " + line)); err != nil {
		return err
	}
	for deadline := time.Now().Add(askTime); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if text, err := os.ReadFile(m.Path(a.expect)); err == nil && strings.Contains(string(text), line) {
			return nil
		}
	}
	return fmt.Errorf("%q did not arrive in %s", line, a.expect)
}

func (a ask) dial(m *realtest.Machine) (net.Conn, error) {
	switch a.network {
	case "unix":
		return net.DialTimeout("unix", m.Path(a.address), askTime)
	case "tls":
		conn, err := dialInside(m, "tcp", a.address)
		if err != nil {
			return nil, err
		}
		return tls.Client(conn, &tls.Config{InsecureSkipVerify: true}), nil //nolint:gosec // a test's own certificate
	}
	return dialInside(m, a.network, a.address)
}

// dialInside connects within the network of a machine. A thread that is there makes the
// socket, and ends with the goroutine, so that nothing else is ever run by it.
func dialInside(m *realtest.Machine, network, port string) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // for good
		conn, err := func() (net.Conn, error) {
			space, err := os.Open(m.Path("/proc/1/ns/net"))
			if err != nil {
				return nil, err
			}
			defer space.Close()
			if err := unix.Setns(int(space.Fd()), unix.CLONE_NEWNET); err != nil {
				return nil, fmt.Errorf("cannot enter the network of the machine: %w", err)
			}
			return net.DialTimeout(network, net.JoinHostPort("127.0.0.1", port), askTime)
		}()
		done <- result{conn, err}
	}()
	r := <-done
	return r.conn, r.err
}
