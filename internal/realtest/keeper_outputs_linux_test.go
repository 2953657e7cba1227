package realtest

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// packaged are the consumers' own services, which start in their tests and not
// at boot.
var packaged = []string{"mon", "nagios4", "prometheus", "prometheus-node-exporter"}

// fiveStates are the results on the host of outputsConfig, by name.
var fiveStates = map[string]string{
	"up": "up", "down": "down", "busy": "restarting", "unknown": "unknown", "forbidden": "broken",
}

// outputsConfig has a daemon in each state. Nothing brings down back but a test;
// busy is down, and another run waits for its slow start; nobody can tell about
// one whose program is not installed; and something runs that must not.
const outputsConfig = `
defaults: {recheck: 50ms, verify: 5s, settle: 100ms, boot_grace: 0s, backoff: [0s], start_timeout: 30m}
daemons:
  up: {executable: /usr/local/sbin/up, services: [up]}
  down: {executable: /usr/local/sbin/down, services: []}
  busy: {executable: /usr/local/sbin/busy, services: [busy]}
  unknown: {executable: /usr/local/sbin/unknown, services: [unknown]}
forbid:
  forbidden: {executable: /usr/local/sbin/forbidden}
`

// Every output has its real consumer on a host where one daemon is up, one is
// down, one is held by another run, one is unknown, and a forbidden process runs.
func TestOutputs(t *testing.T) {
	t.Parallel()
	m := outputsHost(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, *Machine)
	}{
		{"mon", outputsMon},
		{"nagios", outputsNagios},
		{"negate", outputsNegate},
		{"promtool", outputsPromtool},
		{"node_exporter", outputsNodeExporter},
		{"restarts", outputsRestarts},
		{"rewritten", outputsRewritten},
		{"ansible changed", outputsAnsibleChanged},
		{"ansible states", outputsAnsibleStates},
		{"schema", outputsSchema},
		{"user", outputsUser},
		{"terminal", outputsTerminal},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, m) })
	}
}

// outputsHost boots the host of the five states.
func outputsHost(t *testing.T) *Machine {
	t.Helper()
	l := keeperLayer(t)
	tree := Tree(t, Consumers()...)
	for name, service := range map[string]string{
		"up":        "\n[Install]\nWantedBy=multi-user.target",
		"down":      "",
		"busy":      "\nExecStartPre=/usr/bin/sleep infinity\nTimeoutStartSec=infinity",
		"forbidden": "\n[Install]\nWantedBy=multi-user.target",
	} {
		l.Unit(name+".service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart="+addDaemon(t, l, name)+" infinity"+service+"\n")
	}
	l.Unit("unknown.service", "[Service]\nExecStart=/usr/local/sbin/unknown\n")
	l.File("/etc/daemon-keeper.yaml", outputsConfig, 0o644)
	l.File("/etc/hosts", "127.0.0.1 localhost toyhost\n", 0o644) // sudo asks for it
	for _, service := range append(packaged, "exim4") {
		l.Mask(service + ".service")
	}
	addMon(l)
	addNagios(l)
	addNodeExporter(l)
	addPlays(l)
	m := Boot(t, tree, l)
	m.Start(t, program, "run", "busy")
	Until(t, "another run is at work", func() bool {
		state, _ := m.Run(t, "systemctl", "is-active", "busy")
		return state == "activating\n"
	})
	return m
}

// startPackaged starts a consumer by its package's own unit, for this subtest.
func startPackaged(t *testing.T, m *Machine, service string) {
	t.Helper()
	m.Must(t, "systemctl", "unmask", service)
	m.Must(t, "systemctl", "start", service)
	t.Cleanup(func() {
		if t.Failed() {
			status, _ := m.Run(t, "systemctl", "status", "--no-pager", service)
			t.Log(status)
		}
		m.Must(t, "systemctl", "stop", service)
	})
}

// startDown brings the daemon that is down up, until the subtest ends.
func startDown(t *testing.T, m *Machine) {
	t.Helper()
	m.Must(t, "systemctl", "start", "down")
	t.Cleanup(func() { kill(t, m, "/usr/local/sbin/down") })
}

// equalStates fails the test unless these are the results of all five.
func equalStates(t *testing.T, got map[string]string) {
	t.Helper()
	if !maps.Equal(got, fiveStates) {
		t.Errorf("the results are %v, not %v", got, fiveStates)
	}
}

// matches fails the test unless the whole text matches.
func matches(t *testing.T, what, text, pattern string) {
	t.Helper()
	if !regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(text) {
		t.Errorf("%s is %q, and not like %s", what, text, pattern)
	}
}

// linesWith are the lines of a text that contain this.
func linesWith(text, part string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return !strings.Contains(line, part) })
}
