package realtest

import (
	"strings"
	"testing"
)

// On a booted Debian all pidfiles are right, but for those that their daemons' users can
// change, and for what was broken on purpose.
func TestPIDFiles(t *testing.T) {
	t.Parallel()
	tree := Tree(t, Consumers()...)
	l := keeperLayer(t)
	l.File("/usr/local/sbin/threads", `#!/usr/bin/python3
import threading, time
t = threading.Thread(target=time.sleep, args=(100000,))
t.start()
open("/run/otherd.pid", "w").write("%d\n" % t.native_id)
`, 0o755)
	l.Unit("threads.service", "[Service]\nExecStart=/usr/local/sbin/threads\n[Install]\nWantedBy=multi-user.target\n")
	m := Boot(t, tree, l)
	Until(t, "the thread has started", func() bool { return read(t, m, "/run/otherd.pid") != "" })
	m.Must(t, "mv", "/run/otherd.pid", "/root/otherd")
	m.Must(t, "chmod", "644", "/root/otherd")

	a := begin(t, m, program, "pidfiles")()
	theirs := "/run/exim4/exim.pid /run/mon/mon.pid"
	for _, severity := range []string{"dangerous", "wrong"} {
		for line := range strings.Lines(a.stdout) {
			if f := strings.Fields(line); len(f) > 1 && f[1] == severity && !strings.Contains(theirs, f[0]) {
				t.Errorf("on a machine that is well: %s", line)
			}
		}
	}
	if !strings.Contains(a.stdout, "/run/crond.pid") || a.stderr != "" {
		t.Errorf("it says %s\n%s", a.stdout, a.stderr)
	}

	m.Must(t, "sh", "-c", "cp /root/otherd /run/otherd.pid; echo 4000000 >/run/stale.pid; echo "+mainPID(t, m, "rsyslog")+" >/run/crond.pid; touch -d '2 days ago' /run/crond.pid; chown daemon /run/stale.pid")
	a = begin(t, m, program, "pidfiles", "-o", "json")()
	if a.status != 1 {
		t.Errorf("status %d", a.status)
	}
	for _, want := range []string{`"verdict": "thread"`, `"verdict": "stale"`, `"verdict": "writable"`, `"verdict": "other_program"`, "which is not a process but a thread of", "user daemon can change it", "/run/crond.pid"} {
		if !strings.Contains(a.stdout, want) {
			t.Errorf("it lacks %s:\n%s", want, a.stdout)
		}
	}
}
