package realtest

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// pauseConfig has a daemon that is paused, and another one.
const pauseConfig = `
defaults: {recheck: 0s, verify: 3s, settle: 50ms, boot_grace: 0s, backoff: [0s]}
daemons:
  toy: {executable: /usr/local/sbin/toy, services: [toy]}
  other: {executable: /usr/local/sbin/other, services: [other]}
`

// pauseMachine has two daemons, which are up, and a syslogd.
func pauseMachine(t *testing.T) *Machine {
	t.Helper()
	l := keeperLayer(t)
	for _, name := range []string{"toy", "other"} {
		addDaemon(t, l, name)
		l.File("/etc/init.d/"+name, strings.Replace(initScript, "start) ", "start) [ ! -e /run/broken ] || exit 1; ", 1), 0o755)
	}
	l.File("/etc/daemon-keeper.yaml", pauseConfig, 0o644)
	l.File("/etc/rsyslog.d/priorities.conf", priorities, 0o644)
	m := Enter(t, Tree(t), l)
	startSyslogd(t, m)
	for _, name := range []string{"toy", "other"} {
		m.Must(t, "/etc/init.d/"+name, "start")
		onlyPid(t, m, "/usr/local/sbin/"+name)
	}
	mute(t, m)
	return m
}

// mute fails the test unless a run finds nothing to say to cron.
func mute(t *testing.T, m *Machine) {
	t.Helper()
	if a := run(t, m); a.status != 0 || a.stdout+a.stderr != "" {
		t.Errorf("status 0 and silence were expected, not\n%v", a)
	}
}

// said are the lines of syslog with these words, once all that was sent is there.
func said(t *testing.T, m *Machine, words string) (list []string) {
	t.Helper()
	mark := "mark " + time.Now().String()
	m.Must(t, "logger", "-t", "TEST", mark)
	Until(t, "rsyslog has written all", func() bool { return logHas(t, m, "/var/log/syslog", mark) })
	return linesWith(read(t, m, "/var/log/syslog"), words)
}

// What is paused is left alone, and every output says so, syslog and cron once; resume
// ends that.
func TestMemoryPause(t *testing.T) {
	t.Parallel()
	m := pauseMachine(t)
	const exe, by = "/usr/local/sbin/toy", "paused by alice since 20"
	const why = "it is " + by
	if out := m.Must(t, "env", "SUDO_USER=alice", program, "pause", "toy", "--reason", "a new disk"); !strings.HasPrefix(out, "'toy' is "+by) || !strings.HasSuffix(out, ": a new disk\n") {
		t.Errorf("pause says %q", out)
	}
	mute(t, m) // it is up
	kill(t, m, exe)
	expect(t, run(t, m), 0, "'toy' is down and left alone: "+why, ": a new disk")
	for range 2 {
		mute(t, m)
	}
	if lines := said(t, m, "'toy' is left alone: "+why); len(lines) != 1 || !strings.Contains(lines[0], "INFO ") {
		t.Errorf("syslog has %q", lines)
	}
	for _, c := range []struct {
		command []string
		pattern string
	}{
		{[]string{"status"}, `(?s).*toy +held .*` + why + `.*`},
		{[]string{"check"}, `(?s).*toy.*`},
		{[]string{"check", "-o", "mon"}, `(?s).*toy.*`},
		{[]string{"check", "-o", "nagios"}, `(?s)KEEPER OK: 1 held \(toy\), 1 up .*'toy'=0;;1:;0; .*` + why + `.*`},
		{[]string{"check", "-v"}, `(?s).*` + why + `.*`},
		{[]string{"run", "-v"}, `(?s).*` + why + `.*`},
		{[]string{"run", "--dry-run"}, `(?s).*` + why + `.*`},
		{[]string{"run", "-o", "nagios"}, `(?s)KEEPER OK: 1 held \(toy\), 1 up .*`},
	} {
		a := run(t, m, c.command...)
		if a.status != 0 || !regexp.MustCompile(`^(?:`+c.pattern+`)$`).MatchString(a.stdout) {
			t.Errorf("%q: %v", c.command, a)
		}
	}
	for _, command := range []string{"run", "check", "status"} {
		a := run(t, m, command, "-o", "json")
		validReport(t, a.stdout, "other up", "toy held")
		var r struct {
			Daemons []struct{ Name, Hold, Reason string }
		}
		if err := json.Unmarshal([]byte(a.stdout), &r); err != nil {
			t.Fatal(err)
		}
		if d := r.Daemons[0]; a.status != 0 || d.Name != "toy" || d.Hold != "pause" || !strings.HasPrefix(d.Reason, why) {
			t.Errorf("%s: %v", command, a)
		}
	}
	if pids := m.Pids(t, exe); len(pids) > 0 {
		t.Errorf("it was started: %v", pids)
	}
	kill(t, m, "/usr/local/sbin/other") // which nobody has paused
	expect(t, run(t, m), 1, "'other' was down and is up again")

	if out := m.Must(t, program, "resume", "toy"); !strings.HasPrefix(out, "'toy' is resumed; "+by) {
		t.Errorf("resume says %q", out)
	}
	expect(t, run(t, m), 1, "'toy' was down and is up again")
	if out := m.Must(t, program, "resume", "toy"); out != "'toy' is not paused\n" {
		t.Errorf("resume says %q", out)
	}
	mute(t, m)
}

// A pause ends by itself, at its time and not before.
func TestMemoryPauseEnds(t *testing.T) {
	t.Parallel()
	m := pauseMachine(t)
	kill(t, m, "/usr/local/sbin/toy")
	began := time.Now()
	m.Must(t, program, "pause", "--all", "--for", "10s")
	expect(t, run(t, m), 0, "'toy' is down and left alone: it is paused by root since 20", ", until 20")
	for {
		a := run(t, m)
		took := time.Since(began)
		if a.status == 1 {
			if took < 10*time.Second {
				t.Errorf("it was restarted after %v", took)
			}
			break
		}
		if took > Patience || a.status != 0 || a.stdout+a.stderr != "" {
			t.Fatalf("after %v: %v", took, a)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if lines := said(t, m, "is left alone: "); len(lines) != 1 {
		t.Errorf("syslog has %q", lines)
	}
}

// Who has no right to pause is told so; a name that is nobody's is refused.
func TestMemoryPauseRefused(t *testing.T) {
	t.Parallel()
	m := pauseMachine(t)
	for _, c := range []struct {
		argv  []string
		words []string
	}{
		{append(asUser, program, "pause", "toy"), []string{"daemon-keeper: error: cannot ", "daemon-keeper: hint: "}},
		{append(asUser, program, "resume", "--all"), []string{"daemon-keeper: error: cannot ", "daemon-keeper: hint: "}},
		{append(asUser, program, "history"), []string{"daemon-keeper: error: cannot ", "daemon-keeper: hint: "}},
		{[]string{program, "pause", "tyo"}, []string{"cannot find \"tyo\" in the configuration", "daemon-keeper: hint: "}},
		{[]string{program, "pause", "toy", "--for", "soon"}, []string{"soon"}},
		{[]string{program, "pause", "--for", "1h"}, []string{"daemon-keeper: error: "}},
		{[]string{program, "history", "nosuch"}, []string{"cannot tell any history of \"nosuch\""}},
		{[]string{program, "history", "--since", "yesterday"}, []string{"yesterday"}},
	} {
		a := begin(t, m, c.argv...)()
		if a.status != 3 || a.stdout != "" {
			t.Errorf("%q: %v", c.argv, a)
		}
		contains(t, "stderr", a.stderr, c.words...)
	}
	mute(t, m)
}

// After some incidents, history tells them, at the terminal's width and as JSON.
func TestMemoryHistory(t *testing.T) {
	t.Parallel()
	m := pauseMachine(t)
	if a := run(t, m, "history", "--state-dir", "/nowhere"); a.status != 3 || !strings.Contains(a.stderr, "hint: ") {
		t.Errorf("without a memory: %v", a)
	}
	for range 3 { // brought back
		kill(t, m, "/usr/local/sbin/toy")
		expect(t, run(t, m), 1)
	}
	kill(t, m, "/usr/local/sbin/toy") // comes back by itself
	m.Must(t, program, "pause", "toy")
	expect(t, run(t, m), 0)
	m.Must(t, "/etc/init.d/toy", "start")
	mute(t, m)
	m.Must(t, program, "resume", "toy")
	kill(t, m, "/usr/local/sbin/other") // and one that lasts
	m.Must(t, "touch", "/run/broken")
	for range 2 {
		expect(t, run(t, m), 2)
	}

	for _, arg := range [][]string{nil, {"--since", "1h"}, {"toy", "other"}} {
		a := run(t, m, append([]string{"history", "-o", "json"}, arg...)...)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(a.stdout))
		if err == nil {
			err = historySchema(t).Validate(value)
		}
		if err != nil || a.status != 0 {
			t.Errorf("%q: %v\n%v", arg, err, a)
		}
	}
	var h struct {
		Daemons []struct {
			Name      string
			Deaths    int
			Incidents []struct {
				Outcome string
				Tries   int
				Steps   []struct{ Verb string }
				Held    float64 `json:"held_seconds"`
			}
		}
	}
	a := run(t, m, "history", "-o", "json", "toy")
	if err := json.Unmarshal([]byte(a.stdout), &h); err != nil {
		t.Fatal(err)
	}
	var outcomes []string
	for _, i := range h.Daemons[0].Incidents {
		outcomes = append(outcomes, i.Outcome)
		if brought := i.Outcome == "brought_back"; brought && (i.Tries != 1 || len(i.Steps) != 2) || !brought && (i.Tries != 0 || len(i.Steps) != 0) {
			t.Errorf("an incident is %+v", i)
		}
	}
	if len(h.Daemons) != 1 || strings.Join(outcomes, " ") != "brought_back brought_back brought_back held" {
		t.Errorf("toy's history: %v", a)
	}

	m.Must(t, "rm", "/run/broken")
	for _, columns := range []string{"80", "120"} {
		a := begin(t, m, "env", "TERM=xterm", "script", "--quiet", "--return", "--command", "stty cols "+columns+"; "+program+" history", "/dev/null")()
		plain := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(a.stdout, "")
		expect(t, answer{stdout: plain, stderr: a.stderr, status: a.status}, 0, "toy", "other", "brought back", "still down")
		for line := range strings.SplitSeq(plain, "\r\n") {
			if n := utf8.RuneCountInString(line); n > map[string]int{"80": 80, "120": 120}[columns] || strings.ContainsRune(line, '\x1b') {
				t.Errorf("%d characters in %s columns: %q", n, columns, line)
			}
		}
	}
}

func historySchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(repository(t), "docs", "daemon-keeper.history.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
