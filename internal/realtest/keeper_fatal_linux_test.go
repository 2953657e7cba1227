package realtest

import (
	"slices"
	"testing"
)

// Wrong usage and a table that cannot be believed are fatal in the log too,
// with the facility and tag that were asked for where they can be used.
func TestKeeperFatal(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	toy := addDaemon(t, l, "toy")
	l.Unit("toy.service", "[Service]\nExecStart="+toy+" infinity\n")
	l.File("/etc/rsyslog.d/priorities.conf", priorities, 0o644)
	m := Boot(t, Tree(t), l)
	m.Must(t, "systemctl", "start", "toy")
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, "daemon.crit FATAL cannot find a configuration: there is neither /etc/daemon-keeper.yaml nor /etc/daemon-keeper.d/*.yaml"},
		{[]string{"-e", toy, "-s", "../x"}, `daemon.crit FATAL cannot take "../x" for a service: the name may only have letters, digits and _ . @ : -, and must begin with one of the first three`},
		{[]string{"-e", toy, "-s", "toy", "--facility", "none", "--tag", "a b"}, `daemon.crit FATAL cannot use --facility "none": there is none of that name`},
		{[]string{"--facility", "local3", "-e", toy, "-s", "nosuch"}, "local3.crit FATAL cannot find service nosuch: systemd knows none of that name; nothing was touched"},
		{[]string{"-e", "/nosuch\n\x1b[31m", "-s", "toy"}, `daemon.crit FATAL cannot look for "/nosuch\n\x1b[31m": no such file or directory; nothing was touched`},
	} {
		if out, status := m.Run(t, program, tc.args...); status != 3 {
			t.Errorf("%q: status %d, %s", tc.args, status, out)
		}
		Until(t, tc.want, func() bool {
			return slices.ContainsFunc(logged(t, m), func(d syslogLine) bool { return d.priority+" "+d.text == tc.want })
		})
	}
	// A proc file system without processes, in a mount namespace of its own.
	out, status := m.Run(t, "unshare", "--mount", "sh", "-c", "mount -t tmpfs none /proc && exec "+program+" -e "+toy+" -s toy")
	if status != 3 {
		t.Errorf("without /proc: status %d, %s", status, out)
	}
	want := "daemon.crit FATAL cannot trust the process table: no proc file system is mounted on /proc; nothing was touched"
	Until(t, want, func() bool {
		return slices.ContainsFunc(logged(t, m), func(d syslogLine) bool { return d.priority+" "+d.text == want })
	})
}
