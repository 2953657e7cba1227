package realtest

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// worker notifies, notes what it was started with, and counts what it is sent.
const worker = `#!/bin/sh
n=$1
trap 'echo term >>/run/$n.terms; exit 0' TERM
trap 'echo hup >>/run/$n.hups' HUP
grep SigIgn /proc/self/status >/run/$n.ignored
echo "$WATCHDOG_PID $$" >/run/$n.watchdog
systemd-notify --ready
while :; do sleep 0.1; done
`

// Under systemd a daemon behind the wrapper is started, told, signalled and stopped as
// without it, and each signal's sender is known.
func TestTraceWrapper(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	const referred = "[Install]\nWantedBy=multi-user.target\n" // systemd forgets how others have ended, if that was well
	l.File("/usr/local/sbin/worker", worker, 0o755)
	l.File("/usr/local/sbin/rotate", "#!/bin/sh\np=$(systemctl show -p MainPID --value $1); kill -TERM $p; while kill -0 $p; do sleep 0.1; done 2>/dev/null\n", 0o755)
	l.Unit("plain.service", "[Service]\nExecStart="+program+" trace -- "+addDaemon(t, l, "plain")+" infinity\n"+referred)
	l.Unit("bare.service", "[Service]\nType=notify\nNotifyAccess=all\nWatchdogSec=600\nExecStart=/usr/local/sbin/worker bare\n")
	l.Unit("told.service", "[Service]\nType=notify\nNotifyAccess=all\nWatchdogSec=600\nKillMode=mixed\n"+
		"ExecReload=/bin/kill -HUP $MAINPID\nExecStart="+program+" trace -- /usr/local/sbin/worker told\n"+referred)
	l.Unit("three.service", "[Service]\nExecStart="+program+" trace -- /bin/sh -c 'exit 3'\n")
	m := Boot(t, Tree(t), l)

	m.Must(t, "systemctl", "start", "plain", "bare", "told")
	if with, without := read(t, m, "/run/told.ignored"), read(t, m, "/run/bare.ignored"); with != without || without == "" {
		t.Errorf("with it %q, without it %q", with, without)
	}
	if f := strings.Fields(read(t, m, "/run/told.watchdog")); len(f) != 2 || f[0] != f[1] {
		t.Errorf("the watchdog's process is %q", f)
	}
	Until(t, "the daemon is executed", func() bool { return len(m.Pids(t, "/usr/local/sbin/plain")) == 1 })
	if _, status := m.Run(t, program, "check", "/usr/local/sbin/plain:1"); status != 0 {
		t.Errorf("check: status %d", status)
	}

	// A cron job of another daemon's.
	m.Must(t, "/usr/local/sbin/rotate", "plain")
	unitGone(t, m, "plain", "ExecMainCode=2\nExecMainStatus=15\n")
	wrapperTold(t, m, `'/usr/local/sbin/plain' got SIGTERM from process \d+ \(rotate\) of root: .*/usr/local/sbin/rotate plain.*; passed on to process \d+`)
	wrapperTold(t, m, `'/usr/local/sbin/plain' \(process \d+\) was killed by SIGTERM from process \d+ \(rotate\) of root`)

	// To the program's own number.
	m.Must(t, "systemctl", "start", "plain")
	Until(t, "the daemon is executed", func() bool { return len(m.Pids(t, "/usr/local/sbin/plain")) == 1 })
	for _, pid := range m.Pids(t, "/usr/local/sbin/plain") {
		m.Must(t, "kill", "-KILL", strconv.Itoa(pid))
	}
	unitGone(t, m, "plain", "ExecMainCode=2\nExecMainStatus=9\n")
	wrapperTold(t, m, `was killed by SIGKILL, which did not come through this wrapper`)

	// What systemd itself sends comes once.
	m.Must(t, "systemctl", "reload", "told")
	wrapperTold(t, m, `'/usr/local/sbin/worker' got SIGHUP from process \d+ .*of root.*; passed on`)
	Until(t, "it was told", func() bool { out, _ := m.Run(t, "cat", "/run/told.hups"); return out == "hup\n" })
	m.Must(t, "systemctl", "stop", "told")
	unitGone(t, m, "told", "ExecMainCode=1\nExecMainStatus=0\n")
	wrapperTold(t, m, `'/usr/local/sbin/worker' got SIGTERM from process 1 \(systemd\) of root: .*; passed on`)
	if terms := read(t, m, "/run/told.terms"); terms != "term\n" {
		t.Errorf("%q", terms)
	}
	m.Must(t, "systemctl", "start", "told")
	m.Must(t, "systemctl", "kill", "--kill-who=main", "-s", "SEGV", "told")
	unitGone(t, m, "told", "ExecMainCode=2\nExecMainStatus=11\n")

	m.Must(t, "systemctl", "start", "three")
	unitGone(t, m, "three", "ExecMainCode=1\nExecMainStatus=3\n")
	wrapperTold(t, m, `WARNING '/bin/sh' \(process \d+\) exited with status 3`)
}

// unitGone waits until a unit has ended as systemd is to see it.
func unitGone(t *testing.T, m *Machine, unit, want string) {
	t.Helper()
	var out string
	Until(t, unit+" has ended", func() bool {
		out = m.Must(t, "systemctl", "show", "-p", "ActiveState", "--value", unit)
		return out == "inactive\n" || out == "failed\n"
	})
	if out = m.Must(t, "systemctl", "show", "-p", "ExecMainCode", "-p", "ExecMainStatus", unit); out != want {
		t.Errorf("%s: %q, want %q", unit, out, want)
	}
}

// wrapperTold waits for a line of the wrapper's in the system log.
func wrapperTold(t *testing.T, m *Machine, pattern string) {
	t.Helper()
	re := regexp.MustCompile(pattern)
	Until(t, pattern, func() bool {
		return re.MatchString(m.Must(t, "journalctl", "-q", "-o", "cat", "-t", "DAEMON-KEEPER"))
	})
}
