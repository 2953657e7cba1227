package app

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"daemon-keeper/internal/config"
	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/history"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

// clock is a time of day on the day of the outage.
func clock(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-11-28 "+text, time.UTC)
	if err != nil {
		panic(err)
	}
	return t
}

func stampAt(text string) past.Stamp { return past.Stamp{Time: clock(text)} }

// outage is the death that this project is for: logrotate's script has sent a SIGTERM to the
// number in a stale pidfile, which was a thread of clamd by then.
func outage() history.Incident {
	exit := 0
	return history.Incident{Number: 3, Incident: past.Incident{
		Daemon: "clamd", LastUp: clock("05:42:02"), Down: clock("05:42:13"), Up: clock("05:42:25"), Seconds: 14, Reason: "not running", Kind: "signal",
		Blame: words.Blame{Cause: "its main process was killed by SIGTERM; and so on", Sender: "kill(15835)", Certainty: "certain", Source: "signal trace"}, Tries: 1, Outcome: "brought_back",
		Steps: []words.Step{{Verb: "stop", Service: "clamav-clamd", Exit: &exit}, {Verb: "start", Service: "clamav-clamd", Exit: &exit}, {Verb: "stop", Service: "dovecot", Exit: &exit}, {Verb: "start", Service: "dovecot", Exit: &exit}},
		Death: &past.Death{
			Lived: (76 * time.Hour).Seconds(), Service: "clamav-clamd", Manager: "systemd", Processes: []words.Process{{PID: 29789, Threads: []int{29789, 29791}}},
			Findings: []words.Finding{
				{Cause: "signal", Signal: 15, Text: "its main process was killed by SIGTERM", Main: true, Said: true, Sure: "certain", Source: "systemd"},
				{
					Cause: "signal", Signal: 15, Text: "SIGTERM was sent by kill(15835) of root: /usr/sbin/logrotate -> sh -> kill -TERM 29791",
					Sender: "kill(15835) of root: /usr/sbin/logrotate -> sh -> kill -TERM 29791", SenderPID: 15835, Main: true, Sure: "certain", Source: "signal trace", When: clock("05:42:11"),
				},
				{
					Text: `29791 was not a process but a thread of clamd (29789, "worker-7"): a stale pidfile names it: /run/otherd.pid, written 2026-11-27 19:03, before clamd started`,
					Main: true, Aside: true, Sure: "likely", Source: "pidfiles", Next: "grep -rl otherd.pid /etc/logrotate.d /etc/init.d",
				},
			},
			Absent: []string{"audit: install auditd, and load a rule for kill(2)"},
		},
	}}
}

// unexplained is a death of which nobody knows anything, and which lasts.
func unexplained() history.Incident {
	exit := 1
	return history.Incident{Number: 1, UnderWay: true, Incident: past.Incident{
		Daemon: "webapp", LastUp: clock("05:40:02"), Down: clock("05:41:02"), Seconds: 0, Reason: "not running", Kind: "unknown", Tries: 3, Outcome: "still_down", Began: stampAt("05:41:02"),
		Steps: []words.Step{{Verb: "start", Service: "webapp", Exit: &exit, Error: "cannot start service webapp: exit status 1"}},
		Death: &past.Death{
			Service: "webapp", Manager: "OpenRC",
			Absent: []string{"audit: install auditd, and load a rule for kill(2)", "signal trace: set trace_signals: true in the configuration"},
			Silent: []string{"kernel log: it has not answered in time"},
		},
	}}
}

func theKnown() *known {
	down := unexplained().Incident
	return &known{
		now: stampAt("06:00:00"), zone: time.UTC,
		memory: memory{
			pasts:   map[string]history.Past{"clamd": {Incidents: []history.Incident{outage()}}, "webapp": {Incidents: []history.Incident{unexplained()}}},
			daemons: map[string]past.Daemon{"clamd": {LastUp: stampAt("05:59:01"), UpSince: stampAt("05:42:25")}, "webapp": {LastUp: stampAt("05:40:02"), Incident: &down}},
		},
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
		{"120", report.Why{Width: 120}}, // in README.md
		{"44", report.Why{Width: 44}},
		{"0", report.Why{}},
		{"json", report.Why{JSON: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b bytes.Buffer
			tc.why.Out, tc.why.Now = &b, clock("06:00:00")
			tc.why.Write(list)
			golden.File(t, "testdata/why-"+tc.name+".want", b.String())
			if tc.why.JSON {
				described(t, b.Bytes())
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

// described holds an explanation against its schema.
func described(t *testing.T, data []byte) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile("../../docs/daemon-keeper.why.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err == nil {
		err = s.Validate(v)
	}
	if err != nil {
		t.Error(err)
	}
}

// Which deaths are brought up without a name, and which incident a time means.
func TestWhyChoose(t *testing.T) {
	k := theKnown()
	add := func(name string, outcome words.Outcome, change func(*history.Incident)) {
		x := history.Incident{Number: 1, Incident: past.Incident{
			Daemon: name, LastUp: clock("03:00:00"), Down: clock("03:01:00"), Up: clock("03:02:00"), Seconds: 60, Kind: "unknown", Outcome: outcome, Death: &past.Death{},
		}}
		change(&x)
		k.pasts[name] = history.Past{Incidents: []history.Incident{x}}
		k.daemons[name] = past.Daemon{Known: stampAt("00:00:00"), LastUp: stampAt("05:59:01")}
	}
	finding := func(f words.Finding) func(*history.Incident) {
		return func(x *history.Incident) {
			x.Kind, f.Said, f.Main, f.Sure, f.Source = f.Cause, true, true, "certain", "systemd"
			x.Death.Findings = []words.Finding{f}
		}
	}
	add("nobody-knows", "brought_back", func(*history.Incident) {})
	add("no-sender", "brought_back", finding(words.Finding{Cause: "signal", Signal: 15, Text: "killed by SIGTERM"}))
	add("fault", "brought_back", finding(words.Finding{Cause: "signal", Signal: 11, Text: "killed by SIGSEGV"}))
	add("exit", "brought_back", finding(words.Finding{Cause: "exit", Text: "exited with status 3"}))
	add("trap", "brought_back", finding(words.Finding{Cause: "exit", Signal: 15, Text: "exited with status 143"}))
	add("old-format", "brought_back", func(x *history.Incident) { x.Kind, x.Cause, x.Death = "exit", "exited with status 3", nil })
	add("old-signal", "brought_back", func(x *history.Incident) {
		x.Kind, x.Cause, x.Sender, x.Certainty, x.Source, x.Death = "signal", "killed by SIGTERM; SIGTERM was sent by kill(7)", "kill(7)", "certain", "signal trace", nil
	})
	add("not-well", "brought_back", func(x *history.Incident) { x.Kind = "not_well" })
	add("stopped", "held", func(x *history.Incident) { x.Kind = "" })
	add("first-start", "brought_back", func(x *history.Incident) { x.LastUp = time.Time{} })
	add("long-ago", "brought_back", func(x *history.Incident) { x.Down = clock("03:01:00").AddDate(0, 0, -31) })
	k.daemons["quiet"], k.pasts["quiet"] = past.Daemon{Known: stampAt("00:00:00")}, history.Past{}
	for _, tc := range []struct {
		w    whyCommand
		want string // the daemons, or the error
		none string
	}{
		{whyCommand{}, "no-sender nobody-knows trap webapp", "No daemon is down"},
		{whyCommand{Names: []string{"exit", "quiet"}}, "exit", "'quiet': no incident is remembered; it has been watched since 2026-11-28 00:00"},
		{whyCommand{Names: []string{"clamb"}}, `cannot explain anything of "clamb": no run has seen a daemon of that name`, ""},
		{whyCommand{At: "05:42"}, "clamd webapp", ""},
		{whyCommand{At: "05:41"}, "webapp", ""},
		{whyCommand{At: "03:01:30"}, "exit fault first-start no-sender nobody-knows not-well old-format old-signal stopped trap", ""},
		{whyCommand{At: "04:00", Names: []string{"exit", "trap"}}, "exit", ""},
		{whyCommand{At: "2025-11-28"}, "cannot find an incident at 2025-11-28 23:59:59 or before", ""},
		{whyCommand{Incident: 1, Names: []string{"clamd"}}, "clamd", ""},
		{whyCommand{Incident: 2, Names: []string{"clamd"}}, `cannot find incident 2 of "clamd": it has had 1 incident`, ""},
		{whyCommand{Incident: 1}, "cannot tell which daemon's incident 1 is meant", ""},
	} {
		list, none, err := k.choose(tc.w)
		var got []string
		for _, x := range list {
			got = append(got, x.Daemon)
		}
		text := strings.Join(got, " ")
		if err != nil {
			text = err.Error()
		}
		if text != tc.want || !strings.HasPrefix(none, tc.none) {
			t.Errorf("%+v: %q, %q, want %q", tc.w, text, none, tc.want)
		}
	}
}

// A manager that has said nothing is missing, too.
func TestWhyOfAManager(t *testing.T) {
	for manager, want := range map[string]string{
		"systemd": "service manager: systemd has forgotten how it ended, as it does of a unit that nothing refers to: systemctl enable webapp",
		"rc.d":    "service manager: rc.d does not know how its services have ended",
	} {
		x := unexplained()
		x.UnderWay, x.Death.Manager = false, manager
		if a := theKnown().explain(t.Context(), x); a.Missing[len(a.Missing)-1] != want {
			t.Errorf("%q", a.Missing)
		}
	}
}

// Witnesses are asked again only about processes of this boot.
func TestWhyAsksAgain(t *testing.T) {
	k := theKnown()
	k.now.Boot = "this"
	for _, tc := range []struct {
		name  string
		death *past.Death
		kind  words.Cause
		want  bool
	}{
		{"of this boot", &past.Death{Boot: "this", Processes: []words.Process{{PID: 1 << 30}}}, "unknown", true},
		{"of another one", &past.Death{Boot: "other", Processes: []words.Process{{PID: 1 << 30}}}, "unknown", false},
		{"of a system that tells no boot", &past.Death{Processes: []words.Process{{PID: 1 << 30}}}, "unknown", false},
		{"without processes", &past.Death{Boot: "this"}, "unknown", false},
		{"of an older version", nil, "unknown", false},
		{"of one that was not well", &past.Death{Boot: "this", Processes: []words.Process{{PID: 1 << 30}}}, "not_well", false},
	} {
		x := outage()
		x.Death, x.Kind = tc.death, tc.kind
		if _, asked := k.askAgain(t.Context(), x); asked != tc.want {
			t.Errorf("%s: asked %v", tc.name, asked)
		}
	}
}
