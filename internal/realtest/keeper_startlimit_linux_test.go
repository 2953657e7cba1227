package realtest

import (
	"slices"
	"syscall"
	"testing"
)

// A daemon that systemd has given up, because it died too often, is brought
// back: that is when a keeper is needed most, and then start alone fails.
func TestKeeperSystemdStartLimit(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	exe := addDaemon(t, l, "limited")
	l.Unit("limited.service", "[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=2\n"+
		"[Service]\nExecStart="+exe+" infinity\nRestart=on-failure\nRestartSec=10ms\n[Install]\nWantedBy=multi-user.target\n")
	m := Boot(t, Tree(t), l)
	for range 2 {
		pid := onlyPid(t, m, exe)
		m.Kill(t, pid, syscall.SIGKILL)
		Until(t, "it is gone", func() bool { return !slices.Contains(m.Pids(t, exe), pid) })
	}
	Until(t, "systemd has given it up", func() bool {
		return logHas(t, m, "/var/log/syslog", "limited.service: Start request repeated too quickly")
	})
	expect(t, keep(t, m, "-e", exe, "-s", "limited"), 1, "is up again")
	silent(t, m, "-e", exe, "-s", "limited")
}
