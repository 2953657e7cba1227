package postmortem

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"daemon-keeper/internal/words"
)

// What is known, piece by piece: each line of an explanation.
func TestLines(t *testing.T) {
	term := says(words.Signalled, 15, "its main process was killed by SIGTERM")
	exit := says(words.Exited, 15, "its main process has exited with status 143")
	segv := Finding{Cause: words.Signalled, Signal: 11, Text: "a fault at 0", Main: true, Detail: true, Sure: Certain, Source: kernelLog}
	oom := Finding{Cause: words.OutOfMemory, Signal: 9, Text: "want of memory", Main: true, Detail: true, Sure: Certain, Source: kernelLog}
	account := Finding{Cause: words.Signalled, Signal: 15, Text: "its main process was killed by SIGTERM", Main: true, Sure: Certain, Source: accounting}
	exit3 := Finding{Cause: words.Exited, Text: "its main process has exited with status 3", Main: true, Sure: Certain, Source: "core"}
	thread := by(15, "kill(7)")
	thread.Text += ` to 8, which was its thread "worker"`
	spoken := Finding{Text: "its last words: bye", Main: true, Aside: true, Sure: Hint, Source: "last words", Next: "journalctl -u x"}
	stale := Finding{Text: "a stale pidfile names it", Main: true, Aside: true, Sure: Likely, Source: "pidfiles", Next: "grep -r x /etc"}
	worker := oom
	worker.Main = false
	many := []Finding{}
	for i := range 7 {
		many = append(many, by(15, fmt.Sprintf("kill(%d)", i)))
	}
	for _, tc := range []struct {
		name  string
		said  *Finding
		found []Finding
		want  string
	}{
		{"nothing", nil, nil, ""},
		{"the manager alone", term, nil, "cause killed by SIGTERM (certain, systemd)"},
		{"with a sender", term, []Finding{thread}, `cause killed by SIGTERM (certain, systemd)
by kill(7) to 8, which was its thread "worker" (certain, signal trace)`},
		{"the signal is named where the cause does not", exit, []Finding{by(15, "kill(7)")}, `cause exited with status 143 (certain, systemd)
by SIGTERM from kill(7) (likely, signal trace)`},
		{"only a sender", nil, []Finding{by(15, "kill(7)")}, `cause killed by SIGTERM (likely, signal trace)
by kill(7) (likely, signal trace)`},
		{"two senders of two signals, and no account", nil, []Finding{by(15, "kill(7)"), by(2, "sh(8)")}, `by SIGTERM from kill(7) (likely, signal trace)
by SIGINT from sh(8) (likely, signal trace)`},
		{"only a HUP", nil, []Finding{by(1, "kill(7)")}, "note SIGHUP was sent by kill(7) (hint, signal trace)"},
		{"a fault, and where", says(words.DumpedCore, 11, "its main process was killed by SIGSEGV and dumped core"), []Finding{segv}, `cause killed by SIGSEGV and dumped core (certain, systemd)
cause a fault at 0 (certain, kernel log)`},
		{"remarks come last, hints after what is likely, each with its command", term, []Finding{spoken, stale}, `cause killed by SIGTERM (certain, systemd)
note a stale pidfile names it (likely, pidfiles)
note its last words: bye (hint, last words)
next grep -r x /etc
next journalctl -u x`},
		{"two readings", nil, []Finding{account, exit3}, `cause killed by SIGTERM (likely, process accounting)
cause exited with status 3 (likely, core)`},
		{"accounts that agree are one", nil, []Finding{account, {Cause: words.Signalled, Signal: 15, Text: "SIGTERM", Main: true, Sure: Certain, Source: "audit"}}, "cause killed by SIGTERM (certain, process accounting)"},
		{"a worker's end is told", term, []Finding{worker}, `cause killed by SIGTERM (certain, systemd)
note another of its processes: want of memory (certain, kernel log)`},
		{"many senders", term, many, `cause killed by SIGTERM (certain, systemd)
by kill(0) (likely, signal trace)
by kill(1) (likely, signal trace)
by kill(2) (likely, signal trace)
by kill(3) (likely, signal trace)
note 3 others sent a signal that can have been it (likely, signal trace)`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := Weigh(tc.said, tc.found)
			var got []string
			for _, l := range v.Lines {
				got = append(got, string(l.Kind)+" "+marked(l.Text, l.Sure, l.Source))
			}
			for _, n := range v.Next {
				got = append(got, "next "+n)
			}
			if want := tc.want; strings.Join(got, "\n") != want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
			}
			var said *Finding
			var found []Finding
			for _, f := range v.Used {
				if tc.said != nil && f.Text == tc.said.Text && f.Source == tc.said.Source {
					said = &f
					continue
				}
				found = append(found, f)
			}
			again := Weigh(said, found)
			if tc.name != "many senders" && !reflect.DeepEqual(again.Lines, v.Lines) {
				t.Errorf("of what it rests on another verdict is made: %+v", again.Lines)
			}
		})
	}
	crowd := slices.Repeat([]Finding{stale}, 30)
	for i := range crowd {
		crowd[i].Text += fmt.Sprint(i)
	}
	if v := Weigh(term, crowd); len(v.Lines) != mostLines {
		t.Errorf("%d lines", len(v.Lines))
	}
}

// Who asks again learns what is new, and nothing twice: a sender that has ended since is
// told as it was when it lived.
func TestAgain(t *testing.T) {
	alive := by(15, "kill(7): /bin/kill of user 0")
	gone, other := by(15, "kill(7)"), by(9, "kill(8)")
	stale := Finding{Text: "a stale pidfile", Main: true, Aside: true, Sure: Likely, Source: "pidfiles"}
	audit := from(by(15, "/bin/kill"), 7, "audit")
	alive.SenderPID, gone.SenderPID, other.SenderPID = 7, 7, 8
	list := Again([]Finding{alive}, []Finding{gone, other, stale, audit})
	var got []string
	for _, f := range list {
		got = append(got, fmt.Sprint(f.Text, " ", f.Later))
	}
	want := []string{
		"SIGTERM was sent by kill(7): /bin/kill of user 0 false", "SIGKILL was sent by kill(8) true", "a stale pidfile true", "SIGTERM was sent by /bin/kill true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	v := Weigh(says(words.Signalled, 15, "killed by SIGTERM"), list)
	if v.Sender != "kill(7): /bin/kill of user 0" || v.Sure != Certain || v.Source != "signal trace, audit" {
		t.Errorf("%+v", v)
	}
}
