package real

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/realtest"
)

const inspectedFile = "../../docs/inspected-daemons.md"

// aboutInspected stands above the table.
const aboutInspected = `# Inspected daemons

What ` + "`daemon-keeper inspect`" + ` says of %d real daemons of a booted Debian 12, right after the boot, as their packages or the suite
set them up: nothing of %d
of them. A warning that is not in the list of the test (packaging/real/inspect_linux_test.go), with its reason, fails it: there is no
false one. Three are true: of haproxy, lighttpd and the second Redis, whose configurations the suite has written itself, and not well. The
daemons are those of [real-daemons.md](real-daemons.md).

The table is written by the test that sees it, ` + "`make test-real`" + `, and held by it.

| service | user | severity | finding | seen |
|---|---|---|---|---|
`

// justified are warnings that are true of a daemon as Debian ships it, and why.
var justified = map[string]map[string]string{
	"haproxy":             {"never_dropped": "the suite's own haproxy.cfg names no user"},
	"lighttpd":            {"pidfile": "the suite's own lighttpd.conf has no server.pid-file, which the unit's PIDFile= names"},
	"redis-server@second": {"pidfile": "the suite's own redis-second.conf has no pidfile, which the unit's PIDFile= names"},
}

// ofMachine are findings that depend on what this machine lets its systemd give.
var ofMachine = []string{"oom_differs"}

// numbers are those of processes and users.
var numbers = regexp.MustCompile(`process \d+|\(\d+\)`)

func withoutNumbers(text string) string {
	return numbers.ReplaceAllStringFunc(text, func(s string) string {
		if s[0] == '(' {
			return "()"
		}
		return "process N"
	})
}

// inspected is what the program says of a daemon.
type inspected struct {
	Daemons []struct {
		Name, State, Reason string
		Processes           []inspectedProcess
	}
}

type inspectedProcess struct {
	User     string
	Findings []struct{ ID, Severity, What, Evidence string }
	Facts    []struct {
		Section, Name, Why string
		Known, Never       bool
	}
}

// isTold reports whether there is a finding that does not depend on the machine.
func (p inspectedProcess) isTold() bool {
	for _, f := range p.Findings {
		if !slices.Contains(ofMachine, f.ID) {
			return true
		}
	}
	return false
}

// inspect has all of them inspected: of none is a warning told that is not true.
func (s *suite) inspect(t *testing.T) {
	a := keeper(t, s.m, "inspect", "-o", "json")
	var got inspected
	if err := json.Unmarshal([]byte(a.stdout), &got); err != nil {
		t.Fatalf("%v in\n%s%s", err, a.stdout, a.stderr)
	}
	if len(got.Daemons) < 25 {
		t.Errorf("only %d daemons were inspected", len(got.Daemons))
	}
	var rows []string
	quiet := 0
	for _, d := range got.Daemons {
		if d.State != "up" || len(d.Processes) == 0 {
			t.Errorf("%s is %s: %s", d.Name, d.State, d.Reason)
			continue
		}
		if !slices.ContainsFunc(d.Processes, inspectedProcess.isTold) {
			quiet++
			rows = append(rows, fmt.Sprintf("| %s | %s | ok | | |\n", d.Name, d.Processes[0].User))
		}
		for _, p := range d.Processes {
			for _, f := range p.Findings {
				if f.Severity != "notice" && justified[d.Name][f.ID] == "" {
					t.Errorf("%s: %s %s: %s: %s", d.Name, f.Severity, f.ID, f.What, f.Evidence)
				}
				if !slices.Contains(ofMachine, f.ID) {
					rows = append(rows, fmt.Sprintf("| %s | %s | %s | `%s` | %s |\n", d.Name, p.User, f.Severity, f.ID, withoutNumbers(strings.ReplaceAll(f.Evidence, "|", `\|`))))
				}
			}
			for _, x := range p.Facts {
				if !x.Known && !x.Never {
					t.Errorf("%s: root cannot tell its %s: %s", d.Name, x.Name, x.Why)
				}
			}
		}
	}
	s.inspectUser(t)
	golden.File(t, inspectedFile, fmt.Sprintf(aboutInspected, len(got.Daemons), quiet)+strings.Join(rows, ""))
}

// justifiedScripts are warnings that are true of daemons that an init script of Debian has
// started, and why.
var justifiedScripts = map[string]map[string]string{
	"haproxy": {"never_dropped": "the suite's own haproxy.cfg names no user"},
}

// inspectScripts has those inspected that no manager holds together: of none is a warning
// told that is not true.
func inspectScripts(t *testing.T, m *realtest.Machine) {
	t.Helper()
	a := keeper(t, m, "inspect", "-o", "json")
	var got inspected
	if err := json.Unmarshal([]byte(a.stdout), &got); err != nil {
		t.Fatalf("%v in\n%s%s", err, a.stdout, a.stderr)
	}
	for _, d := range got.Daemons {
		for _, p := range d.Processes {
			for _, f := range p.Findings {
				if f.Severity != "notice" && justifiedScripts[d.Name][f.ID] == "" {
					t.Errorf("%s: %s %s: %s: %s", d.Name, f.Severity, f.ID, f.What, f.Evidence)
				}
			}
		}
	}
	t.Logf("%d daemons were inspected", len(got.Daemons))
}

// inspectUser: any user may ask, is told what they may not see, and no untrue warning.
func (s *suite) inspectUser(t *testing.T) {
	out, status := s.m.Run(t, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "inspect", "--only", "warning", "nginx")
	if status != 3 || !strings.Contains(out, "'nginx' unknown: ") || !strings.Contains(out, "nginx.service") || !strings.Contains(out, "not seen ") || strings.Contains(out, "  warning ") {
		t.Errorf("as another user: status %d\n%s", status, out)
	}
}
