package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"daemon-keeper/check/proctable"
)

// answerLimit is the most bytes that are read of an answer, and so the longest
// that can be expected.
const answerLimit = 4 << 10

// queuePause is how long to wait for a place in the queue of a unix socket, which
// the kernel does not wait for.
const queuePause = 10 * time.Millisecond

// probe connects, and listens to what is said. Its own time-out is the daemon's
// fault; that of ctx says nothing.
func (l Listen) probe(ctx context.Context, f *proctable.Files, matches []Match) probed {
	if l.Network == "unix" {
		if err := f.Answers(l.Address); err != nil {
			return probed{err: fmt.Errorf("cannot tell whether %v answers: %w", l, err)}
		}
	}
	limited, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	p := l.ask(limited, matches)
	if ctx.Err() != nil {
		return probed{err: fmt.Errorf("cannot tell whether %v answers: %w", l, context.Cause(ctx))}
	}
	return p
}

func (l Listen) ask(ctx context.Context, matches []Match) probed {
	if len(l.Expect) > answerLimit {
		return probed{err: fmt.Errorf("cannot expect more than %d bytes of %v", answerLimit, l)}
	}
	conn, err := l.connect(ctx)
	if err != nil {
		return l.notConnected(err)
	}
	defer conn.Close()
	p := l.heard(l.talk(ctx, conn))
	if p.err == nil && len(p.faults) == 0 {
		if who := proctable.AcceptedBy(ctx, conn.RemoteAddr(), processesOf(matches)); who != "" {
			p.faults = []Fault{{Listening, Warn, fmt.Sprintf("%v is accepted by %s, not by the daemon", l, who)}}
		}
	}
	return p
}

// connect asks no DNS: an address that is not one by itself is an error.
func (l Listen) connect(ctx context.Context) (net.Conn, error) {
	if l.Network == "unix" {
		return l.connectUnix(ctx)
	}
	a, ok := l.addrPort()
	if !ok {
		return nil, errors.New("it is not an address and port")
	}
	return new(net.Dialer).DialContext(ctx, l.Network, a.String())
}

// refusedFor is how long a socket may refuse: where a full queue is refused at once
// (BSD, listen(2)), only time tells it from a socket to which no process listens.
const refusedFor = time.Second

// connectUnix waits where connect(2) does not: a full queue is EAGAIN at once on
// Linux, unix(7), and ECONNREFUSED on FreeBSD.
func (l Listen) connectUnix(ctx context.Context) (net.Conn, error) {
	began := time.Now()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, l.Network, l.Address)
		refused := errors.Is(err, syscall.ECONNREFUSED)
		switch {
		case refused && !isSocket(l.Address): // Linux; others say ENOTSOCK
			return nil, syscall.ENOTSOCK
		case errors.Is(err, syscall.EAGAIN) && pause(ctx, queuePause):
		case refused && runtime.GOOS != "linux" && time.Since(began) < refusedFor && pause(ctx, queuePause):
		default:
			return conn, err
		}
	}
}

// isSocket is also true of what cannot be seen.
func isSocket(path string) bool {
	info, err := os.Stat(path)
	return err != nil || info.Mode().Type() == fs.ModeSocket
}

// talk returns as soon as the answer is long enough, or can no longer become the
// expected one.
func (l Listen) talk(ctx context.Context, conn net.Conn) (answer []byte, err error) {
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) }) // long ago
	defer stop()
	if l.Send != "" {
		if _, err := io.WriteString(conn, l.Send); err != nil {
			return nil, err
		}
	}
	answer = make([]byte, 0, answerLimit)
	for len(answer) < len(l.Expect) && strings.HasPrefix(l.Expect, string(answer)) {
		n, err := conn.Read(answer[len(answer):cap(answer)])
		answer = answer[:len(answer)+n]
		if err != nil {
			return answer, err
		}
	}
	return answer, nil
}

func processesOf(matches []Match) []proctable.Process {
	list := make([]proctable.Process, len(matches))
	for i, m := range matches {
		list[i] = m.Process
	}
	return list
}
