package realtest

import (
	"slices"
	"testing"
)

// Who is not root can look for root's daemons by name, and is told that this is
// all it was; to find them by path, or those of the configuration, takes root.
// Nothing is restarted, and nothing is written.
func outputsUser(t *testing.T, m *Machine) {
	look := func(arg ...string) answer {
		t.Helper()
		return begin(t, m, slices.Concat(asUser, []string{program, "check"}, arg)...)()
	}
	expect(t, run(t, m, "check", "--prometheus", promFile), 2)
	files := func() string {
		t.Helper()
		return read(t, m, promFile) + m.Must(t, "sh", "-c",
			"find /run/daemon-keeper /var/lib/daemon-keeper /var/lib/prometheus/node-exporter /tmp -printf '%p %i %T@ %C@\n' 2>/dev/null || :")
	}
	before, pid := files(), onlyPid(t, m, "/usr/local/sbin/up")

	for _, how := range []string{"-otext", "-ojson", "-onagios"} {
		expect(t, look("up:1-1", how), 0, "it counts by the kernel's name for it, which any process can give itself")
	}
	expect(t, look("up@root:1-1", "forbidden:1-"), 0)
	expect(t, look("up:1-1", "down:1-"), 2, "down\n", "'down' is down")

	cannot := []string{"cannot tell whether /usr/local/sbin/up is running", "hint: run it as root"}
	expect(t, look("/usr/local/sbin/up:1-1"), 3, cannot...)
	expect(t, look("up"), 3, cannot...)
	expect(t, look(), 2, append(cannot, "up down busy unknown forbidden\n", "'busy' is down: not running\n",
		"it is unknown whether another run is at work: cannot open lock: open /run/daemon-keeper/busy.lock: permission denied",
		"it is unknown whether it is left alone on purpose: cannot use folder /var/lib/daemon-keeper: permission denied")...)

	expect(t, look("up:1-1", "--prometheus", promFile), 3, promFile+": permission denied", "hint: ")
	if after := files(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	samePid(t, m, "/usr/local/sbin/up", pid)
}
