package postmortem

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

func says(cause words.Cause, signal int, text string) *Finding {
	return &Finding{Cause: cause, Signal: signal, Text: text, Main: true, Sure: Certain, Source: "systemd"}
}

func by(signal int, who string) Finding {
	return Finding{Cause: words.Signalled, Signal: signal, Text: osutil.SignalName(signal) + " was sent by " + who, Sender: who, Main: true, Sure: Certain, Source: signalTrace}
}

// from is a finding of a sender whose number is known.
func from(f Finding, pid int, source string) Finding {
	f.SenderPID, f.Source, f.When = pid, source, time.Unix(1_795_844_531, 0)
	return f
}

func later(f Finding) Finding {
	f.When = f.When.Add(time.Minute)
	return f
}

// brief is a verdict in a line.
type brief struct {
	Cause  words.Cause
	Text   string
	Sender string
	Sure   Certainty
	Source string
}

func TestWeigh(t *testing.T) {
	term, kill := says(words.Signalled, 15, "killed by SIGTERM"), says(words.Signalled, 9, "killed by SIGKILL")
	oom := Finding{Cause: words.OutOfMemory, Signal: 9, Text: "want of memory", Main: true, Detail: true, Sure: Certain, Source: kernelLog}
	segv := Finding{Cause: words.Signalled, Signal: 11, Text: "a fault", Main: true, Detail: true, Sure: Certain, Source: kernelLog}
	account := Finding{Cause: words.Signalled, Signal: 15, Text: "killed by SIGTERM", Main: true, Sure: Certain, Source: accounting}
	worker, doubtful := by(15, "kill(7)"), by(15, "kill(7)")
	worker.Main, doubtful.Sure = false, Likely
	exit3 := Finding{Cause: words.Exited, Text: "exited with status 3", Main: true, Sure: Certain, Source: "core"}
	doubtfulExit := *says(words.Exited, 0, "exited with status 1")
	doubtfulExit.Sure = Likely
	chosen := oom
	chosen.Text, chosen.Source = "chosen", signalTrace
	where, maybe := segv, segv
	where.Text, where.Sure, where.Source = "a fault in main", Likely, core
	maybe.Text, maybe.Sure, maybe.Source = "a core of somebody", Hint, core
	hinted := from(by(15, "kill(7)"), 7, "audit")
	hinted.Sure = Hint
	for _, tc := range []struct {
		name  string
		said  *Finding
		found []Finding
		want  brief
	}{
		{"nothing is known", nil, nil, brief{Cause: words.UnknownCause}},
		{"the manager alone", term, nil, brief{words.Signalled, "killed by SIGTERM", "", Certain, "systemd"}},
		{"one sender", term, []Finding{by(15, "kill(7)")}, brief{words.Signalled, "killed by SIGTERM; SIGTERM was sent by kill(7) (certain, signal trace)", "kill(7)", Certain, signalTrace}},
		{"two senders", term, []Finding{by(15, "kill(7)"), by(15, "sh(8)")}, brief{words.Signalled, "killed by SIGTERM; SIGTERM was sent by kill(7), or SIGTERM was sent by sh(8) (likely, signal trace)", "kill(7) or sh(8)", Likely, signalTrace}},
		{"the same twice", term, []Finding{by(15, "kill(7)"), by(15, "kill(7)")}, brief{words.Signalled, "killed by SIGTERM; SIGTERM was sent by kill(7) (certain, signal trace)", "kill(7)", Certain, signalTrace}},
		{"TERM, then KILL", kill, []Finding{by(15, "kill(7)"), by(9, "sh(8)")}, brief{words.Signalled, "killed by SIGKILL; SIGKILL was sent by sh(8) (certain, signal trace)", "sh(8)", Certain, signalTrace}},
		{"a reading that may be of another process", term, []Finding{doubtful}, brief{words.Signalled, "killed by SIGTERM; SIGTERM was sent by kill(7) (likely, signal trace)", "kill(7)", Likely, signalTrace}},
		{"a signal that a worker got", term, []Finding{worker}, brief{words.Signalled, "killed by SIGTERM", "", Certain, "systemd"}},
		{"a HUP before", term, []Finding{by(1, "logrotate(7)")}, brief{words.Signalled, "killed by SIGTERM", "", Certain, "systemd"}},
		{"exit 143 of a trap", says(words.Exited, 15, "exited with status 143"), []Finding{by(15, "kill(7)")}, brief{words.Exited, "exited with status 143; SIGTERM was sent by kill(7) (likely, signal trace)", "kill(7)", Likely, signalTrace}},
		{"exit 0 after TERM", says(words.Exited, 0, "exited with status 0"), []Finding{by(15, "kill(7)")}, brief{words.Exited, "exited with status 0; SIGTERM was sent by kill(7) (likely, signal trace)", "kill(7)", Likely, signalTrace}},
		{"exit 3, and a KILL to somebody who had its number", says(words.Exited, 0, "exited with status 3"), []Finding{by(9, "kill(7)")}, brief{words.Exited, "exited with status 3", "", Certain, "systemd"}},
		{"never began", says("never_began", 0, "not executable"), []Finding{by(15, "kill(7)")}, brief{"never_began", "not executable", "", Certain, "systemd"}},
		{"KILL for want of memory", kill, []Finding{by(9, "the kernel"), oom}, brief{words.OutOfMemory, "killed by SIGKILL; want of memory (certain, kernel log)", "", Certain, kernelLog}},
		{"two accounts of a want of memory", kill, []Finding{chosen, oom}, brief{words.OutOfMemory, "killed by SIGKILL; want of memory (certain, kernel log)", "", Certain, kernelLog}},
		{"want of memory, and no manager", nil, []Finding{by(9, "the kernel"), oom}, brief{words.OutOfMemory, "want of memory (certain, kernel log)", "", Certain, kernelLog}},
		{"exit 1, and want of memory of somebody who had its number", says(words.Exited, 0, "exited with status 1"), []Finding{oom}, brief{words.Exited, "exited with status 1", "", Certain, "systemd"}},
		{"a core, and where", says(words.DumpedCore, 11, "killed by SIGSEGV and dumped core"), []Finding{segv}, brief{words.DumpedCore, "killed by SIGSEGV and dumped core; a fault (certain, kernel log)", "", Certain, kernelLog}},
		{"a detail that is likely", says(words.DumpedCore, 11, "dumped core"), []Finding{where}, brief{words.DumpedCore, "dumped core; a fault in main (likely, core)", "", Certain, "systemd"}},
		{"the surest detail", says(words.DumpedCore, 11, "dumped core"), []Finding{maybe, where, segv}, brief{words.DumpedCore, "dumped core; a fault (certain, kernel log)", "", Certain, kernelLog}},
		{"a detail that is a hint", says(words.DumpedCore, 11, "dumped core"), []Finding{maybe}, brief{words.DumpedCore, "dumped core", "", Certain, "systemd"}},
		{"two witnesses, and one is a hint", term, []Finding{from(doubtful, 7, signalTrace), hinted}, brief{words.Signalled, "killed by SIGTERM; SIGTERM was sent by kill(7) (likely, signal trace, audit)", "kill(7)", Likely, "signal trace, audit"}},
		{"accounting without a manager", nil, []Finding{account, by(15, "kill(7)")}, brief{words.Signalled, "killed by SIGTERM (certain, process accounting); SIGTERM was sent by kill(7) (certain, signal trace)", "kill(7)", Certain, signalTrace}},
		{"accounting says what the manager says", term, []Finding{account}, brief{words.Signalled, "killed by SIGTERM", "", Certain, "systemd"}},
		{"only a sender", nil, []Finding{by(15, "kill(7)")}, brief{words.Signalled, "SIGTERM was sent by kill(7) (likely, signal trace)", "kill(7)", Likely, signalTrace}},
		{"two witnesses of one sender", term, []Finding{from(by(15, "kill(7)"), 7, signalTrace), from(by(15, "/bin/kill (pid 7) of root"), 7, "audit")}, brief{words.Signalled, "killed by SIGTERM; SIGTERM was sent by /bin/kill (pid 7) of root (certain, signal trace, audit)", "/bin/kill (pid 7) of root", Certain, "signal trace, audit"}},
		{"two senders that had one number", term, []Finding{from(by(15, "kill(7)"), 7, signalTrace), later(from(by(15, "sh(7)"), 7, "audit"))}, brief{words.Signalled, "killed by SIGTERM; SIGTERM was sent by kill(7), or SIGTERM was sent by sh(7) (likely, signal trace)", "kill(7) or sh(7)", Likely, signalTrace}},
		{"two accounts that differ, and no manager", nil, []Finding{account, exit3}, brief{words.Signalled, "killed by SIGTERM (likely, process accounting), or exited with status 3 (likely, core)", "", Likely, accounting}},
		{"a manager that may speak of another process", &doubtfulExit, []Finding{account, by(15, "kill(7)")}, brief{words.Exited, "exited with status 1 (likely, systemd), or killed by SIGTERM (likely, process accounting); SIGTERM was sent by kill(7) (likely, signal trace)", "kill(7)", Likely, signalTrace}},
		{"a hint is not a cause", nil, []Finding{{Cause: words.Exited, Text: "it said goodbye", Main: true, Sure: Hint, Source: "last words"}}, brief{Cause: words.UnknownCause}},
		{"nor is a remark", nil, []Finding{{Text: "a stale pidfile", Main: true, Aside: true, Sure: Certain, Source: "pidfiles"}}, brief{Cause: words.UnknownCause}},
		{"some signal", nil, []Finding{{Cause: words.Signalled, Text: "ended by a signal", Main: true, Sure: Certain, Source: accounting}, by(15, "kill(7)")}, brief{words.Signalled, "ended by a signal (certain, process accounting); SIGTERM was sent by kill(7) (likely, signal trace)", "kill(7)", Likely, signalTrace}},
		{"only a HUP", nil, []Finding{by(1, "kill(7)")}, brief{words.UnknownCause, "SIGHUP was sent by kill(7) (hint, signal trace)", "kill(7)", Hint, signalTrace}},
		{"two witnesses of one sender, the fuller one first", term, []Finding{from(doubtful, 7, "audit"), from(by(15, "kill(7)"), 7, signalTrace)}, brief{words.Signalled, "killed by SIGTERM; SIGTERM was sent by kill(7) (certain, audit, signal trace)", "kill(7)", Certain, "audit, signal trace"}},
		{"a signal that is not known", nil, []Finding{{Cause: words.Signalled, Text: "killed by a signal", Main: true, Sure: Likely, Source: accounting}, by(15, "kill(7)")}, brief{words.Signalled, "killed by a signal (likely, process accounting); SIGTERM was sent by kill(7) (likely, signal trace)", "kill(7)", Likely, signalTrace}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := Weigh(tc.said, tc.found)
			if got := (brief{v.Cause, v.Text, v.Sender, v.Sure, v.Source}); got != tc.want {
				t.Errorf("got  %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

func witness(name string, takes time.Duration, err error) Witness {
	return Witness{name, func(context.Context, Dead) ([]Finding, error) {
		time.Sleep(takes) // as a read that nothing interrupts
		return []Finding{{Text: name}}, err
	}}
}

// One witness that hangs costs its own word, not that of others.
func TestAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		e := Ask(ctx, []Witness{witness("slow", time.Minute, nil), witness("quick", time.Second, nil), witness("broken", 0, errors.New("cannot read it"))}, jvm())
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("it took %v", took)
		}
		if len(e.Findings) != 2 || !slices.Equal(e.Silent, []string{"slow: it has not answered in time", "broken: cannot read it"}) {
			t.Errorf("%+v", e)
		}
		time.Sleep(time.Minute) // it ends at last
	})
}
