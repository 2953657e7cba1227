package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// notConnected tells what it means that no connection came about. Only what the
// other side has said, or has not said in time, is the daemon's fault; that there
// is no way to it, or no descriptor left for us, says nothing about it.
func (l Listen) notConnected(err error) probed {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return l.dead("%v refuses connections", l)
	case l.Network == "unix" && errors.Is(err, syscall.ENOENT):
		return l.dead("no socket %s", l.Address)
	case l.Network == "unix" && errors.Is(err, syscall.ENOTSOCK):
		return l.dead("%s is not a socket", l.Address)
	case isTimeout(err), l.Network == "unix" && errors.Is(err, syscall.EAGAIN): // its queue has been full all the time
		return l.dead("%v has not answered within %v", l, l.Timeout)
	}
	return probed{err: fmt.Errorf("cannot connect to %v: %w", l, errnoOf(err))}
}

// heard tells what it means that this was said after a connection was accepted,
// and then there was this error.
func (l Listen) heard(answer []byte, err error) probed {
	asExpected := strings.HasPrefix(string(answer), l.Expect)
	instead := fmt.Sprintf("%s where %s is expected", quote(string(answer)), quote(l.Expect))
	silent := len(answer) == 0
	switch {
	case asExpected && (err == nil || l.Expect != ""):
		return probed{}
	case err == nil:
		return l.dead("%v says %s", l, instead)
	case isTimeout(err) && silent:
		return l.dead("%v has accepted, and not said anything within %v", l, l.Timeout)
	case isTimeout(err):
		return l.dead("%v says no more within %v than %s", l, l.Timeout, instead)
	case isHangUp(err) && silent:
		return l.dead("%v has accepted, and hung up without a word", l)
	case isHangUp(err):
		return l.dead("%v hangs up after %s", l, instead)
	}
	return probed{err: fmt.Errorf("cannot talk to %v: %w", l, errnoOf(err))}
}

func (l Listen) dead(format string, args ...any) probed {
	return probed{faults: []Fault{{Listening, Restart, fmt.Sprintf(format, args...)}}}
}

// isTimeout: what the net package says differs between connecting and reading.
func isTimeout(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT)
}

func isHangUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// errnoOf leaves out the addresses that the message names already.
func errnoOf(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// quote shows the beginning of what anybody may have said.
func quote(s string) string {
	const shown = 60
	if len(s) > shown {
		return fmt.Sprintf("%q...", s[:shown])
	}
	return fmt.Sprintf("%q", s)
}
