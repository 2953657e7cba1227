package app

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/config"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
)

var update = flag.Bool("update", false, "write the golden files anew")

// clock is a time of day on the day of the outage.
func clock(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-11-28 "+text, time.UTC)
	if err != nil {
		panic(err)
	}
	return t
}

func stampAt(text string) state.Stamp { return state.Stamp{Time: clock(text)} }

// outage is the death that this project is for: logrotate's script has sent a SIGTERM to the
// number in a stale pidfile, which was a thread of clamd by then.
func outage() past {
	exit := 0
	return past{daemon: "clamd", number: 3, last: true, Incident: state.Incident{
		Daemon: "clamd", LastUp: clock("05:42:02"), Down: clock("05:42:13"), Up: clock("05:42:25"), Seconds: 14, Reason: "not running", Kind: "signal",
		Cause: "its main process was killed by SIGTERM; and so on", Sender: "kill(15835)", Certainty: "certain", Source: "signal trace", Tries: 1, Outcome: "brought_back",
		Steps: []state.Step{{Verb: "stop", Service: "clamav-clamd", Exit: &exit}, {Verb: "start", Service: "clamav-clamd", Exit: &exit}, {Verb: "stop", Service: "dovecot", Exit: &exit}, {Verb: "start", Service: "dovecot", Exit: &exit}},
		Death: &state.Death{
			Lived: (76 * time.Hour).Seconds(), Service: "clamav-clamd", Manager: "systemd", Processes: []state.Numbers{{PID: 29789, Threads: []int{29789, 29791}}},
			Findings: []state.Finding{
				{Cause: "signal", Signal: 15, Text: "its main process was killed by SIGTERM", Main: true, Said: true, Certainty: "certain", Source: "systemd"},
				{
					Cause: "signal", Signal: 15, Text: "SIGTERM was sent by kill(15835) of root: /usr/sbin/logrotate -> sh -> kill -TERM 29791",
					Sender: "kill(15835) of root: /usr/sbin/logrotate -> sh -> kill -TERM 29791", SenderPID: 15835, Main: true, Certainty: "certain", Source: "signal trace", At: clock("05:42:11").UnixMilli(),
				},
				{
					Text: `29791 was no process but a thread of clamd (29789, "worker-7"): a stale pidfile names it: /run/otherd.pid, written 2026-11-27 19:03, before clamd started`,
					Main: true, Aside: true, Certainty: "likely", Source: "pidfiles", Next: "grep -rl otherd.pid /etc/logrotate.d /etc/init.d",
				},
			},
			Absent: []string{"audit: install auditd, and load a rule for kill(2)"},
		},
	}}
}

// unexplained is a death of which nobody knows anything, and which lasts.
func unexplained() past {
	exit := 1
	return past{daemon: "webapp", number: 1, last: true, underWay: true, Incident: state.Incident{
		Daemon: "webapp", LastUp: clock("05:40:02"), Down: clock("05:41:02"), Seconds: 0, Reason: "not running", Kind: "unknown", Tries: 3, Outcome: "still_down", Began: stampAt("05:41:02"),
		Steps: []state.Step{{Verb: "start", Service: "webapp", Exit: &exit, Error: "cannot start service webapp: exit status 1"}},
		Death: &state.Death{
			Service: "webapp", Manager: "OpenRC",
			Absent: []string{"audit: install auditd, and load a rule for kill(2)", "signal trace: set trace_signals: true in the configuration"},
			Silent: []string{"kernel log: it has not answered in time"},
		},
	}}
}

func theKnown() *known {
	down := unexplained().Incident
	return &known{
		now: stampAt("06:00:00"), zone: time.UTC, pasts: map[string][]past{"clamd": {outage()}, "webapp": {unexplained()}},
		daemons: map[string]state.Daemon{"clamd": {LastUp: stampAt("05:59:01"), UpSince: stampAt("05:42:25")}, "webapp": {LastUp: stampAt("05:40:02"), Incident: &down}},
		file: map[string]config.Daemon{
			"clamd":  {Name: "clamd", Criteria: config.Criteria{Executable: "/usr/sbin/clamd"}, Services: []string{"clamav-clamd", "dovecot"}},
			"webapp": {Name: "webapp", Criteria: config.Criteria{Executable: "/srv/webapp"}, Services: []string{"webapp"}, After: []string{"clamd"}},
		},
	}
}

// What a person reads at three in the morning, at 80 columns, in a narrow window, in a pipe,
// and what a program reads.
func TestWhy(t *testing.T) {
	k := theKnown()
	list := []report.Account{k.explain(t.Context(), outage()), k.explain(t.Context(), unexplained())}
	for _, tc := range []struct {
		name string
		why  report.Why
	}{
		{"80", report.Why{Width: 80}},
		{"80-colour", report.Why{Width: 80, Color: true}},
		{"44", report.Why{Width: 44}},
		{"0", report.Why{}},
		{"json", report.Why{JSON: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b bytes.Buffer
			tc.why.Out, tc.why.Now = &b, clock("06:00:00")
			tc.why.Write(list)
			file := "testdata/why-" + tc.name + ".want"
			if *update {
				if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil || b.String() != string(want) {
				t.Errorf("%v; got (go test -update writes it anew)\n%s", err, b.String())
			}
			for line := range strings.Lines(b.String()) {
				pasted := strings.Contains(line, "next ") || strings.Contains(line, "  grep ") || strings.Contains(line, "  journalctl ")
				if n := len(strings.TrimRight(line, "\n")); tc.why.Width > 0 && !tc.why.Color && n > tc.why.Width && !pasted {
					t.Errorf("%d columns: %s", n, line)
				}
			}
		})
	}
}
