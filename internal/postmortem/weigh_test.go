package postmortem

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/golden"
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
	texts := golden.Open(t, "weigh.txtar")
	for _, tc := range []struct {
		name  string
		said  *Finding
		found []Finding
	}{
		{"nothing is known", nil, nil},
		{"the manager alone", term, nil},
		{"one sender", term, []Finding{by(15, "kill(7)")}},
		{"two senders", term, []Finding{by(15, "kill(7)"), by(15, "sh(8)")}},
		{"the same twice", term, []Finding{by(15, "kill(7)"), by(15, "kill(7)")}},
		{"TERM, then KILL", kill, []Finding{by(15, "kill(7)"), by(9, "sh(8)")}},
		{"a reading that may be of another process", term, []Finding{doubtful}},
		{"a signal that a worker got", term, []Finding{worker}},
		{"a HUP before", term, []Finding{by(1, "logrotate(7)")}},
		{"exit 143 of a trap", says(words.Exited, 15, "exited with status 143"), []Finding{by(15, "kill(7)")}},
		{"exit 0 after TERM", says(words.Exited, 0, "exited with status 0"), []Finding{by(15, "kill(7)")}},
		{"exit 3, and a KILL to somebody who had its number", says(words.Exited, 0, "exited with status 3"), []Finding{by(9, "kill(7)")}},
		{"never began", says("never_began", 0, "not executable"), []Finding{by(15, "kill(7)")}},
		{"KILL for want of memory", kill, []Finding{by(9, "the kernel"), oom}},
		{"two accounts of a want of memory", kill, []Finding{chosen, oom}},
		{"want of memory, and no manager", nil, []Finding{by(9, "the kernel"), oom}},
		{"exit 1, and want of memory of somebody who had its number", says(words.Exited, 0, "exited with status 1"), []Finding{oom}},
		{"a core, and where", says(words.DumpedCore, 11, "killed by SIGSEGV and dumped core"), []Finding{segv}},
		{"a detail that is likely", says(words.DumpedCore, 11, "dumped core"), []Finding{where}},
		{"the surest detail", says(words.DumpedCore, 11, "dumped core"), []Finding{maybe, where, segv}},
		{"a detail that is a hint", says(words.DumpedCore, 11, "dumped core"), []Finding{maybe}},
		{"two witnesses, and one is a hint", term, []Finding{from(doubtful, 7, signalTrace), hinted}},
		{"accounting without a manager", nil, []Finding{account, by(15, "kill(7)")}},
		{"accounting says what the manager says", term, []Finding{account}},
		{"only a sender", nil, []Finding{by(15, "kill(7)")}},
		{"two witnesses of one sender", term, []Finding{from(by(15, "kill(7)"), 7, signalTrace), from(by(15, "/bin/kill (pid 7) of root"), 7, "audit")}},
		{"two senders that had one number", term, []Finding{from(by(15, "kill(7)"), 7, signalTrace), later(from(by(15, "sh(7)"), 7, "audit"))}},
		{"two accounts that differ, and no manager", nil, []Finding{account, exit3}},
		{"a manager that may speak of another process", &doubtfulExit, []Finding{account, by(15, "kill(7)")}},
		{"a hint is not a cause", nil, []Finding{{Cause: words.Exited, Text: "it said goodbye", Main: true, Sure: Hint, Source: "last words"}}},
		{"nor is a remark", nil, []Finding{{Text: "a stale pidfile", Main: true, Aside: true, Sure: Certain, Source: "pidfiles"}}},
		{"some signal", nil, []Finding{{Cause: words.Signalled, Text: "ended by a signal", Main: true, Sure: Certain, Source: accounting}, by(15, "kill(7)")}},
		{"only a HUP", nil, []Finding{by(1, "kill(7)")}},
		{"two witnesses of one sender, the fuller one first", term, []Finding{from(doubtful, 7, "audit"), from(by(15, "kill(7)"), 7, signalTrace)}},
		{"a signal that is not known", nil, []Finding{{Cause: words.Signalled, Text: "killed by a signal", Main: true, Sure: Likely, Source: accounting}, by(15, "kill(7)")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := Weigh(tc.said, tc.found)
			texts.Check(t, tc.name, fmt.Sprintf("%s: %s\nsender: %s\nsure: %s, by %s", v.Cause, v.Text, v.Sender, v.Sure, v.Source))
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
