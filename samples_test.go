package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/metrics"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

// noon is when the samples of docs/outputs.md were taken.
func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// sampleHost is a host with a daemon in each state, and a broken rule.
func sampleHost() report.Report {
	process := func(pid int, user string, age, cpu time.Duration, rss uint64) report.Process {
		return report.Process{PID: pid, User: user, Started: noon().Add(-age), CPU: cpu, RSS: rss << 20, VMS: rss << 22}
	}
	one, some := words.Count{Min: 1, Max: words.NoLimit}, words.Count{Min: 1, Max: 2}
	return report.Report{
		Command: "check", Began: noon(), Took: 2014 * time.Millisecond,
		Daemons: []report.Daemon{
			{
				Name: "clamd", Result: report.Up, Count: one, Processes: []report.Process{process(723, "clamav", 186*time.Minute, 724*time.Second, 1228)},
				Services:  []report.Service{{Name: "clamav-clamd", State: "running"}, {Name: "dovecot", State: "running"}},
				Lately:    history.Lately{Deaths: 2, Last: noon().Add(-187 * time.Minute), Took: 14 * time.Second, Cause: "its main process was killed by SIGTERM"},
				LastDeath: &report.Death{Ago: 3*time.Hour + 7*time.Minute, Took: 14 * time.Second, Cause: "its main process was killed by SIGTERM; SIGTERM was sent by kill(15835) (certain, signal trace)"},
			},
			{
				Name: "postfix", Result: report.Up, Count: some, Processes: []report.Process{process(911, "root", 78*time.Hour, 3*time.Second, 21)},
				Services: []report.Service{{Name: "postfix", State: "running"}},
			},
			{
				Name: "named", Result: report.StillDown, Count: one, Reason: "not running", Blame: words.Blame{Cause: "its main process has exited with status 3"},
				Services: []report.Service{{Name: "named", State: "running"}},
			},
			{
				Name: "webapp", Result: report.Held, Busy: true, Count: one,
				Reason:   "another run is at work on service webapp: pid 75509, since 2026-11-21T11:59:01Z",
				Services: []report.Service{{Name: "webapp", State: "unknown"}},
			},
			{
				Name: "java-app", Count: one, Reason: `'java-app': cannot look for "/usr/bin/java": no such file or directory`,
				Hint:     "give the daemon's program, or its script, with its full path; 'command -v NAME' finds a program",
				Services: []report.Service{{Name: "app", State: "stopped"}},
			},
			{
				Name: "no-telnetd", Rule: true, Result: report.Wrong, Reason: "1 process, and none may be (pid 4242 /usr/sbin/telnetd of user 0)",
				Processes: []report.Process{process(4242, "root", 95*time.Second, 0, 3)},
			},
		},
	}
}

// sampleRestart is a run that has brought a daemon back.
func sampleRestart() report.Report {
	return report.Report{
		Command: "run", Began: noon(), Took: 4310 * time.Millisecond,
		Daemons: []report.Daemon{{
			Name: "named", Result: report.BroughtBack, Count: words.Count{Min: 1, Max: words.NoLimit}, Took: 4300 * time.Millisecond,
			Processes: []report.Process{{
				PID: 75641, User: "bind", Exe: "/usr/sbin/named", Started: noon().Add(1810 * time.Millisecond), CPU: 90 * time.Millisecond,
				RSS: 41 << 20, VMS: 300 << 20,
			}},
			Services: []report.Service{{Name: "named"}},
			Steps: []report.Step{
				{Verb: "stop", Service: "named", Took: 64 * time.Millisecond},
				{Verb: "start", Service: "named", Took: 190 * time.Millisecond},
			},
		}},
	}
}

// samplePast is a week of two daemons.
func samplePast() []history.Past {
	ago := func(h float64) time.Time { return noon().Add(-time.Duration(h * float64(time.Hour))) }
	return []history.Past{
		{Name: "clamd", Known: ago(2000), Seen: noon(), Incidents: []history.Incident{
			{Number: 4, Incident: past.Incident{Daemon: "clamd", LastUp: ago(100.02), Down: ago(100), Up: ago(99.99), Seconds: 36, Reason: "not running", Outcome: "brought_back", Tries: 1}},
			{Number: 5, Incident: past.Incident{Daemon: "clamd", LastUp: ago(40.02), Down: ago(40), Up: ago(36), Seconds: 4 * 3600, Held: 4 * 3600, Reason: "not running", Outcome: "held"}},
		}},
		{Name: "webapp", Known: ago(120), Seen: noon(), Incidents: []history.Incident{
			{Number: 1, UnderWay: true, Incident: past.Incident{Daemon: "webapp", LastUp: ago(1.02), Down: ago(1), Seconds: 3600, Reason: "tcp://127.0.0.1:8080 refuses connections", Outcome: "still_down", Tries: 5}},
		}},
	}
}

// The samples are what the faces print.
func TestReadmeSamples(t *testing.T) {
	page := read(t, "docs/outputs.md")
	var b bytes.Buffer
	text := report.Text{Out: &b, Err: &b}
	restart := sampleRestart()
	for command, write := range map[string]func(){
		"daemon-keeper":                 func() { text.Write(restart) },
		"daemon-keeper check":           func() { report.Mon{Text: text}.Write(sampleHost()) },
		"daemon-keeper check -o nagios": func() { report.Nagios{Out: &b}.Write(sampleHost()) },
		"daemon-keeper -o json":         func() { report.JSON{Out: &b}.Write(restart) },
		"COLUMNS=100 daemon-keeper status | cat": func() {
			report.Table{Out: &b, Err: &b, Width: 100, Now: noon()}.Write(sampleHost())
		},
		"COLUMNS=100 daemon-keeper history --since 7d | cat": func() {
			report.History{Out: &b, Width: 100, Now: noon(), Since: 7 * 24 * time.Hour}.Write(samplePast())
		},
		"grep -v '^#' /var/lib/prometheus/node-exporter/daemon-keeper.prom": func() {
			path := filepath.Join(t.TempDir(), "daemon-keeper.prom")
			if err := metrics.Write(path, restart); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(read(t, path)) {
				if !strings.HasPrefix(line, "#") {
					b.WriteString(line)
				}
			}
		},
	} {
		b.Reset()
		write()
		block := "```console\n$ " + command + "\n" + b.String() + "```\n"
		if !strings.Contains(page, block) {
			t.Errorf("docs/outputs.md lacks this block, or has another version of it:\n%s", block)
		}
	}
}
