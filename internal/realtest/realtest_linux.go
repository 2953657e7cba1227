package realtest

import (
	"os"
	"testing"
	"time"
)

// pollInterval is the first pause between two looks at a condition, which often run a command.
// Each is a quarter longer than the one before, up to longestPoll: who waits for long leaves
// the processor to what is waited for.
const (
	pollInterval = 20 * time.Millisecond
	longestPoll  = 100 * time.Millisecond
)

// Patience is how long a test waits at most for what it wants to see: forty daemons that
// systemd starts on a busy machine, lintian, a play. Only a test that fails waits so long.
const Patience = 5 * time.Minute

// Need skips the test unless the real thing was asked for. To have asked for it
// without being able to run it is a failure: a skip there would look like success.
func Need(t testing.TB) {
	t.Helper()
	if os.Getenv("DAEMON_KEEPER_REAL") != "1" {
		t.Skip("needs a real systemd, cron and rsyslog: set DAEMON_KEEPER_REAL=1, as root on Debian")
	}
	if os.Geteuid() != 0 {
		t.Fatal("DAEMON_KEEPER_REAL=1 is set, but namespaces and mounts need root")
	}
}

// Until polls ok until it holds, and fails the test after Patience, naming what it
// waited for. It must be called from the test's own goroutine.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	pause := pollInterval
	for deadline := time.Now().Add(Patience); !ok(); pause = min(pause+pause/4, longestPoll) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", Patience, what)
		}
		time.Sleep(pause)
	}
}
