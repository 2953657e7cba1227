package report

import (
	"bytes"
	"testing"
	"time"
)

// A file that was not used is 3, unless something is down.
func TestMistakesCount(t *testing.T) {
	mistake := []Mistake{{Text: "x.yaml:1:1: cannot find key"}}
	for _, tc := range []struct {
		mistakes []Mistake
		results  []Result
		want     Status
	}{
		{mistake, nil, Unclear},
		{mistake, []Result{Up, Clear, Held}, Unclear},
		{mistake, []Result{BroughtBack}, Unclear},
		{mistake, []Result{CannotTell}, Unclear},
		{mistake, []Result{BroughtBack, StillDown}, Failed},
		{mistake, []Result{Wrong}, Failed},
		{nil, []Result{Up, Clear}, OK},
		{nil, []Result{Clear, BroughtBack}, Restored},
		{nil, []Result{BroughtBack, Wrong}, Failed},
		{nil, []Result{Wrong, CannotTell}, Failed},
	} {
		r := Report{Mistakes: tc.mistakes}
		for _, res := range tc.results {
			r.Daemons = append(r.Daemons, Daemon{Result: res})
		}
		if got := r.Status(); got != tc.want {
			t.Errorf("%d mistakes and %v: status %d, want %d", len(tc.mistakes), tc.results, got, tc.want)
		}
	}
}

func TestStatusOfEachResult(t *testing.T) {
	for result, want := range map[Result]Status{
		CannotTell: Unclear, Up: OK, Held: OK, BroughtBack: Restored, StillDown: Failed, Clear: OK, Wrong: Failed, 99: Unclear,
	} {
		if got := (Daemon{Result: result}).Status(); got != want {
			t.Errorf("result %d: status %d, want %d", result, got, want)
		}
	}
}

var (
	kept    = Daemon{Name: "one-init", Rule: true, Result: Clear}
	idle    = Daemon{Name: "telnetd", Result: Clear}
	broken  = Daemon{Name: "gid0", Rule: true, Result: Wrong, Reason: "1 process, and none may be (pid 7)", Processes: []Process{{PID: 7}}, Notices: []string{"odd"}}
	tooMany = Daemon{Name: "postfix", Result: Wrong, Reason: "3 processes, and at most 2 may be", Processes: []Process{{PID: 7}, {PID: 8}, {PID: 9}}, Notices: []string{"process 7 is stopped"}}
	unwell  = Daemon{Name: "sshd", Result: StillDown, Trouble: "tcp://127.0.0.1:22 refuses connections", Reason: "within 30s it did not get well", Hint: "look"}
	well    = Daemon{Name: "sshd", Result: BroughtBack, Trouble: "tcp://127.0.0.1:22 refuses connections", Processes: []Process{{PID: 9}}, Took: 4 * time.Second}
	shared  = Daemon{Name: "dovecot", Result: BroughtBack, Processes: []Process{{PID: 9}}, Took: 4 * time.Second, Steps: []Step{
		{Verb: "start", Service: "dovecot", Skipped: true, Err: "it was restarted for 'clamd' already"},
	}}
)

func TestTextOfSeveral(t *testing.T) {
	for _, tc := range []struct {
		name        string
		face        Text
		report      Report
		out, stderr string
	}{
		{"what is clear, for cron", Text{}, of(kept, idle), "", ""},
		{"what is clear, quiet", Text{Terminal: true, Verbose: true, Quiet: true}, of(kept, idle), "", ""},
		{"what is clear, at a terminal", Text{Terminal: true}, of(kept, idle), "'one-init' is kept\n'telnetd' is not running, as it should be\n", ""},
		{"what is clear, in colour", Text{Terminal: true, Color: true}, of(kept), "'one-init' is \x1b[32mkept\x1b[0m\n", ""},
		{"what is clear, verbose", Text{Verbose: true}, of(idle), "'telnetd' is not running, as it should be\n  no process has its name\n", ""},
		{
			"what is wrong",
			Text{},
			of(broken, tooMany),
			"'gid0' is broken: 1 process, and none may be (pid 7)\n  odd\n'postfix' is wrong: 3 processes, and at most 2 may be\n  process 7 is stopped\n", "",
		},
		{"what is wrong, in colour", Text{Color: true, Quiet: true}, of(broken), "'gid0' is \x1b[31mbroken\x1b[0m: 1 process, and none may be (pid 7)\n", ""},
		{"what is wrong, quiet", Text{Quiet: true}, of(tooMany), "'postfix' is wrong: 3 processes, and at most 2 may be\n", ""},
		{
			"unwell",
			Text{},
			of(unwell),
			"'sshd' is down (tcp://127.0.0.1:22 refuses connections): within 30s it did not get well\n  hint: look\n", "",
		},
		{
			"well again",
			Text{},
			of(well),
			"'sshd' was down (tcp://127.0.0.1:22 refuses connections) and is up again (pid 9), after 4.0 s\n", "",
		},
		{
			"a shared service",
			Text{},
			of(shared),
			"'dovecot' was down and is up again (pid 9), after 4.0 s\n  start dovecot  not tried: it was restarted for 'clamd' already\n", "",
		},
		{
			"mistakes",
			Text{},
			Report{Mistakes: []Mistake{{Text: "a.yaml:3:1: cannot find key \"servces\"", Hint: "did you mean services?"}, {Text: "b.yaml: cannot\nread", Hint: ""}}, Daemons: []Daemon{well}},
			"'sshd' was down (tcp://127.0.0.1:22 refuses connections) and is up again (pid 9), after 4.0 s\n",
			"daemon-keeper: error: a.yaml:3:1: cannot find key \"servces\"\ndaemon-keeper: hint: did you mean services?\n" +
				"daemon-keeper: error: b.yaml: cannot\\x0aread\n",
		},
		{"mistakes, quiet", Text{Quiet: true}, Report{Mistakes: []Mistake{{Text: "b.yaml: cannot read", Hint: ""}}}, "", "daemon-keeper: error: b.yaml: cannot read\n"},
		{
			"trouble from outside",
			Text{},
			of(Daemon{Name: "x\x1b", Result: BroughtBack, Trouble: "says \x1b[2J", Processes: []Process{{PID: 1}}}),
			"'x\\x1b' was down (says \\x1b[2J) and is up again (pid 1), after 0 ms\n", "",
		},
		{
			"a notice from outside",
			Text{},
			of(Daemon{Name: "x", Result: Wrong, Reason: "says \x1b[2J", Notices: []string{"\r\x07"}}),
			"'x' is wrong: says \\x1b[2J\n  \\x0d\\x07\n", "",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, stderr bytes.Buffer
			tc.face.Out, tc.face.Err = &out, &stderr
			tc.face.Write(tc.report)
			if out.String() != tc.out {
				t.Errorf("stdout\n%q, want\n%q", &out, tc.out)
			}
			if stderr.String() != tc.stderr {
				t.Errorf("stderr\n%q, want\n%q", &stderr, tc.stderr)
			}
		})
	}
}

func of(daemons ...Daemon) Report { return Report{Daemons: daemons} }

// What can be told of no daemon, because the table tells nothing, is said once.
func TestWhatIsTrueOfAllIsSaidOnce(t *testing.T) {
	var out, stderr bytes.Buffer
	blind := Daemon{Reason: "cannot trust the process table", Hint: "mount /proc"}
	Text{Out: &out, Err: &stderr}.Write(Report{Daemons: []Daemon{blind, blind, {Reason: "another"}, blind}})
	want := "daemon-keeper: error: cannot trust the process table\ndaemon-keeper: hint: mount /proc\ndaemon-keeper: error: another\n"
	if stderr.String() != want {
		t.Errorf("stderr %q, want %q", &stderr, want)
	}
}
