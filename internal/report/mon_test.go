package report

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestMon(t *testing.T) {
	clouded := Daemon{Name: "ntpd", Reason: "'ntpd': clouded", Hint: "wait"}
	calm := Daemon{Name: "calm", Result: Up, Processes: up.Processes}
	mistakes := []Mistake{{Text: "x.yaml: bad", Hint: "mend it"}}
	for _, tc := range []struct {
		name   string
		face   Text
		report Report
		want   string
	}{
		{"all is well", Text{}, of(calm, kept, idle), ""},
		{"all is well, and something is odd", Text{}, of(up, kept), "\n'/sbin/x' is up (pid 723)\n  process 723 is stopped\n"},
		{"all is well, and more is asked for", Text{Verbose: true}, of(kept), "\n'one-init' is kept\n  no process breaks it\n"},
		{"all is well, at a terminal", Text{Terminal: true}, of(up, kept), "'/sbin/x' is up (pid 723)\n  process 723 is stopped\n'one-init' is kept\n"},
		{"all is well, quiet", Text{Terminal: true, Verbose: true, Quiet: true}, of(up, kept, held), ""},
		{"left alone is not trouble", Text{}, of(held), "\n'/sbin/x' is down and left alone: another run is at work\n"},
		{
			"trouble, in the order of the report",
			Text{},
			Report{Mistakes: mistakes, Daemons: []Daemon{broken, up, clouded, unwell, kept, held, back}},
			"configuration gid0 ntpd sshd /sbin/x\n" +
				"daemon-keeper: error: x.yaml: bad\ndaemon-keeper: hint: mend it\n" +
				"'gid0' is broken: 1 process, and none may be (pid 7)\n  odd\n" +
				"'/sbin/x' is up (pid 723)\n  process 723 is stopped\n" +
				"daemon-keeper: error: 'ntpd': clouded\ndaemon-keeper: hint: wait\n" +
				"'sshd' is down (tcp://127.0.0.1:22 refuses connections): within 30s it did not get well\n  hint: look\n" +
				"'/sbin/x' is down and left alone: another run is at work\n" +
				"'/sbin/x' was down and is up again (pids 9 10), after 2.1 s\n  stop  a  40 ms\n  start a  1m30s  slow: it has not ended in time, but the daemon is up\n",
		},
		{
			"trouble, quiet",
			Text{Quiet: true, Terminal: true, Verbose: true},
			Report{Mistakes: mistakes, Daemons: []Daemon{broken, up, clouded, unwell, kept, held, back, dry}},
			"configuration gid0 ntpd sshd /sbin/x /sbin/x\n" +
				"daemon-keeper: error: x.yaml: bad\n" +
				"'gid0' is broken: 1 process, and none may be (pid 7)\n" +
				"daemon-keeper: error: 'ntpd': clouded\n" +
				"'sshd' is down (tcp://127.0.0.1:22 refuses connections): within 30s it did not get well\n" +
				"'/sbin/x' was down and is up again (pids 9 10), after 2.1 s\n" +
				"'/sbin/x' is down: dry run\n",
		},
		{
			"in colour, but for the first line",
			Text{Color: true, ErrColor: false},
			of(tooMany, clouded),
			"postfix ntpd\n'postfix' is \x1b[31mwrong\x1b[0m: 3 processes, and at most 2 may be\n  process 7 is stopped\n" +
				"daemon-keeper: \x1b[31merror:\x1b[0m 'ntpd': clouded\ndaemon-keeper: \x1b[1mhint:\x1b[0m wait\n",
		},
		{
			"names from outside",
			Text{Quiet: true, Color: true, Terminal: true},
			of(Daemon{Name: "two words\u00a0and\n\x1b[31m", Result: StillDown}),
			"two\\x20words\\xc2\\xa0and\\x0a\\x1b[31m\n'two words\\xc2\\xa0and\\x0a\\x1b[31m' is \x1b[31mdown\x1b[0m\n",
		},
		{"used wrongly", Text{}, Report{Mistakes: mistakes}, "configuration\ndaemon-keeper: error: x.yaml: bad\ndaemon-keeper: hint: mend it\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, stderr bytes.Buffer
			tc.face.Out, tc.face.Err = &out, &stderr
			Mon{tc.face}.Write(tc.report)
			if out.String() != tc.want {
				t.Errorf("got\n%s\nwant\n%s", &out, tc.want)
			}
			if stderr.Len() > 0 {
				t.Errorf("stderr %q", &stderr)
			}
		})
	}
}

// mon compares the summaries of two runs: numbers and times in them would be a new
// trouble each time.
func TestMonSummaryIsStable(t *testing.T) {
	first := func(pid int, took time.Duration) string {
		var out bytes.Buffer
		Mon{Text{Out: &out, Err: &out}}.Write(Report{Began: noon.Add(took), Took: took, Daemons: []Daemon{
			{Name: "a", Result: Wrong, Reason: took.String(), Processes: []Process{{PID: pid}}}, {Name: "b", Reason: took.String()}, {Name: "c", Result: BroughtBack, Took: took},
		}})
		line, _, _ := strings.Cut(out.String(), "\n")
		return line
	}
	if one, two := first(1, time.Second), first(2, time.Minute); one != "a b c" || two != one {
		t.Errorf("%q, then %q", one, two)
	}
}

// What a check finds is not always more than its word says, and a hint is for
// whoever has trouble, whatever it is.
func TestTextOfCheck(t *testing.T) {
	for _, tc := range []struct {
		face   Text
		daemon Daemon
		want   string
	}{
		{Text{}, Daemon{Name: "x", Result: StillDown}, "'x' is down\n"},
		{Text{}, Daemon{Name: "x", Result: StillDown, Trouble: "tcp://127.0.0.1:22 refuses connections"}, "'x' is down (tcp://127.0.0.1:22 refuses connections)\n"},
		{Text{}, Daemon{Name: "x", Result: Held, Hint: "wait"}, "'x' is down and left alone\n  hint: wait\n"},
		{Text{}, Daemon{Name: "x", Result: Wrong, Hint: "look"}, "'x' is wrong\n  hint: look\n"},
		{Text{Quiet: true}, Daemon{Name: "x", Result: Wrong, Hint: "look"}, "'x' is wrong\n"},
		{Text{}, Daemon{Name: "x"}, "daemon-keeper: error: cannot tell whether 'x' is up\n"},
		{Text{}, Daemon{Name: "x", Rule: true}, "daemon-keeper: error: cannot tell whether 'x' is kept\n"},
		{
			Text{Verbose: true},
			Daemon{Name: "x", Result: StillDown, Services: []Service{{Name: "a", State: "running"}, {Name: "b", State: "unknown", Err: "exit\nstatus 4"}, {Name: "c"}}},
			"'x' is down\n  service  a: running\n  service  b: unknown (exit\\x0astatus 4)\n  no process has its name\n",
		},
		{Text{}, Daemon{Name: "x", Result: StillDown, Services: []Service{{Name: "a", State: "running"}}}, "'x' is down\n"},
	} {
		var out bytes.Buffer
		tc.face.Out, tc.face.Err = &out, &out
		if tc.face.Write(of(tc.daemon)); out.String() != tc.want {
			t.Errorf("%+v:\n%s\nwant\n%s", tc.daemon, &out, tc.want)
		}
	}
}
