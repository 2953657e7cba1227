package realtest

import (
	"encoding/binary"
	"testing"
)

const lsbHeader = `#!/bin/sh
### BEGIN INIT INFO
# Provides:          toy
# Required-Start:
# Required-Stop:
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: A toy
### END INIT INFO
`

// utmpOf is what init writes into utmp(5) when it enters a runlevel.
func utmpOf(level byte) string {
	record := make([]byte, 384)
	binary.NativeEndian.PutUint16(record, 1)
	record[4] = level
	copy(record[44:], "runlevel")
	return string(record)
}

// Who disables a service of System V init wants it to be left down, until it is enabled,
// or started by hand. A stop alone leaves no trace.
func TestSystemVDisabled(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	exe := addDaemon(t, l, "toy")
	l.File("/etc/init.d/toy", lsbHeader+initScript, 0o755)
	m := Enter(t, Tree(t), l)
	args := []string{"-e", exe, "-s", "toy", "--backoff", "0s"}
	started := func(what string) {
		t.Helper()
		t.Log(what)
		expect(t, keep(t, m, args...), 1, "is up again")
		silent(t, m, args...)
	}
	left := func(what string, words ...string) {
		t.Helper()
		t.Log(what)
		expect(t, keep(t, m, args...), 0, words...)
		silent(t, m, args...)
		if len(m.Pids(t, exe)) > 0 {
			t.Errorf("%s: it was started", what)
		}
	}
	stop := func() {
		t.Helper()
		m.Must(t, "service", "toy", "stop")
		Until(t, "it is gone", func() bool { return len(m.Pids(t, exe)) == 0 })
	}

	started("a script that no runlevel knows, where no init has entered one")
	m.Must(t, "update-rc.d", "toy", "defaults")
	stop()
	started("service toy stop leaves no trace")
	m.Must(t, "update-rc.d", "toy", "disable")
	silent(t, m, args...) // it still runs
	stop()
	left("update-rc.d toy disable, then service toy stop", "service toy: it is disabled: no runlevel for many users starts it; to have it kept again: update-rc.d toy enable && service toy start")
	m.Must(t, "service", "toy", "start")
	Until(t, "it runs", func() bool { return len(m.Pids(t, exe)) == 1 }) // its script does not wait for that
	expect(t, keep(t, m, args...), 0)
	kill(t, m, exe)
	started("it was started by hand, and has died")
	m.Must(t, "update-rc.d", "toy", "enable")
	m.Must(t, "update-rc.d", "toy", "disable")
	write(t, m, "/run/utmp", utmpOf('2'))
	stop()
	left("in runlevel 2", "service toy: it is disabled: runlevel 2 does not start it")
	m.Must(t, "update-rc.d", "toy", "enable")
	started("update-rc.d toy enable")
}
