package packaging

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"daemon-keeper/internal/realtest"
)

const (
	toy = "/usr/local/sbin/toy"
	// quick are the times of a test's daemons.
	quick = "defaults: {recheck: 100ms, verify: 20s, settle: 200ms, boot_grace: 0s, backoff: [0s]}\n"
	// toyKept is the drop-in that keeps toy.
	toyKept = quick + "daemons: {toy: {executable: " + toy + ", services: [toy]}}\n"
)

// addToy puts a daemon there that runs from the boot on, and fails to start while
// there is a file /run/broken.
func addToy(t *testing.T, l *realtest.Layer) {
	t.Helper()
	addSleep(t, l, toy)
	l.Unit("toy.service", "[Service]\nExecStartPre=/usr/bin/test ! -e /run/broken\nExecStart="+toy+
		" infinity\n[Install]\nWantedBy=multi-user.target\n")
}

// addSleep puts a program there that does nothing, and that nothing else runs.
func addSleep(t *testing.T, l *realtest.Layer, path string) {
	t.Helper()
	l.Copy(filepath.Join(realtest.Tree(t), "usr/bin/sleep"), path)
}

// killed kills what runs exe with signal 9, and waits until it is gone.
func killed(t *testing.T, m *realtest.Machine, exe string) {
	t.Helper()
	old := m.Pids(t, exe)
	if len(old) != 1 {
		t.Fatalf("%d processes run %s", len(old), exe)
	}
	m.Kill(t, old[0], syscall.SIGKILL)
	realtest.Until(t, "it is gone", func() bool { return !slices.Contains(m.Pids(t, exe), old[0]) })
}

func comesBack(t *testing.T, m *realtest.Machine, exe string) {
	t.Helper()
	realtest.Until(t, exe+" is back", func() bool { return len(m.Pids(t, exe)) == 1 })
}

// read returns a file of the machine, "" if there is none.
func read(t *testing.T, m *realtest.Machine, path string) string {
	t.Helper()
	text, err := os.ReadFile(m.Path(path))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// write puts a file into a machine that runs.
func write(t *testing.T, m *realtest.Machine, path, text string) {
	t.Helper()
	if err := os.WriteFile(m.Path(path), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// has says which of the paths are there.
func has(t *testing.T, m *realtest.Machine, paths ...string) (found []string) {
	t.Helper()
	for _, p := range paths {
		if _, err := os.Lstat(m.Path(p)); err == nil {
			found = append(found, p)
		}
	}
	return found
}

// jobs is how often cron has run its job.
func jobs(t *testing.T, m *realtest.Machine) int {
	t.Helper()
	return strings.Count(read(t, m, "/var/log/syslog"), ") CMD ([ ! -x /usr/sbin/daemon-keeper ]")
}

// twoMinutes waits until cron has begun its job twice more, and so has ended it once.
func twoMinutes(t *testing.T, m *realtest.Machine) {
	t.Helper()
	before := jobs(t, m)
	realtest.Until(t, "cron has run its job", func() bool { return jobs(t, m) >= before+2 })
}
