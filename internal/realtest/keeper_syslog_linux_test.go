package realtest

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// ofTheLog is what stands on stderr where syslog does not take it.
var ofTheLog = []string{
	"daemon-keeper: WARNING '/usr/local/sbin/toy' is not running\n",
	"daemon-keeper: INFO stopping service 'toy'\n", "daemon-keeper: INFO stopped service 'toy' in ",
	"daemon-keeper: INFO starting service 'toy'\n", "daemon-keeper: INFO started service 'toy' in ",
	"daemon-keeper: INFO '/usr/local/sbin/toy' is running again (pid ",
}

// Without a syslogd, or with one that hangs, the daemon is brought back all the
// same, the log is on stderr, and that costs a second in all, not one for each line.
func TestKeeperSyslogAbsentAndHung(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	args := []string{"-e", "/usr/local/sbin/toy", "-s", "toy"}

	absent := keep(t, m, args...)
	expect(t, absent, 1, "is up again")
	contains(t, "stderr", absent.stderr, ofTheLog...)
	silent(t, m, args...)

	fill(t, m.Path("/dev/log"))
	kill(t, m, "/usr/local/sbin/toy")
	hung := keep(t, m, args...)
	expect(t, hung, 1, "is up again")
	contains(t, "stderr", hung.stderr, ofTheLog...)
	if hung.took > absent.took+5*time.Second {
		t.Errorf("it took %v instead of %v", hung.took, absent.took)
	}
	silent(t, m, args...)
}

// fill makes a /dev/log whose syslogd never reads it and whose queue is full.
func fill(t *testing.T, path string) {
	t.Helper()
	addr := &net.UnixAddr{Name: path, Net: "unixgram"}
	hung, err := net.ListenUnixgram("unixgram", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hung.Close() })
	conn, err := net.DialUnix("unixgram", nil, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	line := []byte(strings.Repeat("x", 100))
	for {
		if err := conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(line); errors.Is(err, os.ErrDeadlineExceeded) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// A real syslogd that dies during a run costs nothing but its lines, which go to
// stderr.
func TestKeeperSyslogDies(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	exe := addDaemon(t, l, "toy")
	l.File("/etc/init.d/toy", strings.Replace(initScript, "stop) ",
		"stop) kill -9 $(pidof rsyslogd); while pidof rsyslogd; do :; done; ", 1), 0o755)
	l.File("/etc/rsyslog.d/priorities.conf", priorities, 0o644)
	m := Enter(t, Tree(t), l)
	startSyslogd(t, m)
	a := keep(t, m, "-e", exe, "-s", "toy")
	expect(t, a, 1, "is up again")
	contains(t, "stderr", a.stderr, ofTheLog[2:]...)
	if strings.Contains(a.stderr, "is not running") {
		t.Errorf("on stderr is what syslog has taken:\n%v", a)
	}
	silent(t, m, "-e", exe, "-s", "toy")
}
