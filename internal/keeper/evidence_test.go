package keeper

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

// Witnesses are asked about the process that was remembered, only at a death, and the
// restart waits for them no longer than it may.
func TestSender(t *testing.T) {
	t.Run("of this process", func(t *testing.T) { sender(t, 100, "certain") })
	t.Run("of one that came after it", func(t *testing.T) { sender(t, 4711, "likely") })
	t.Run("of one that is not known", func(t *testing.T) { sender(t, 0, "likely") })
}

// sender has the manager speak of the death of a process, which was 100.
func sender(t *testing.T, pid int, sure words.Certainty) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := listening(t)
		d := w.isUp("a", "s")
		d.Policy = policy()
		asked := 0
		w.keeper.EvidenceTime = 2 * time.Second
		w.keeper.Evidence = func(ctx context.Context, dead postmortem.Dead) postmortem.Evidence {
			asked++
			if len(dead.Processes) == 0 || dead.From <= 0 || dead.To <= dead.From {
				t.Errorf("asked about %+v", dead)
			}
			<-ctx.Done()
			return postmortem.Evidence{Findings: []postmortem.Finding{{
				Cause: words.Signalled, Signal: 9, Text: "SIGKILL was sent by kill(7)", Sender: "kill(7)", Main: true, Sure: postmortem.Certain, Source: "signal trace",
			}}, Silent: []string{"kernel log: it has not answered in time"}}
		}
		w.again(t, d)
		if asked != 0 {
			t.Error("asked though it is up")
		}
		w.dies("a")
		death := killed("SIGKILL")
		death.Signal, death.PID = 9, pid
		w.deaths["s"] = death
		r := w.again(t, d)["a"]
		wantResult(t, r, report.BroughtBack, "")
		if r.Sender != "kill(7)" || r.Certainty != sure || r.Source != "signal trace" || !strings.HasSuffix(r.Cause, "SIGKILL was sent by kill(7) ("+string(sure)+", signal trace)") {
			t.Errorf("%q, %q, %q, %q", r.Cause, r.Sender, r.Certainty, r.Source)
		}
		w.said(t, "'a': cannot learn all of its end: kernel log")
		if i := w.ledger(t)[0]; i.Sender != "kill(7)" || i.Certainty != sure || i.Source != "signal trace" || asked != 1 {
			t.Errorf("%+v, asked %d times", i, asked)
		}
		i := w.ledger(t)[0]
		said, found := Findings(i)
		if said == nil || said.Signal != 9 || said.Sure != sure || len(found) != 1 || found[0].Sender != "kill(7)" || len(i.Death.Silent) != 1 || len(i.Death.Processes) == 0 || i.Death.Manager == "" {
			t.Errorf("kept is %+v", i.Death)
		}
		if v := postmortem.Weigh(said, found); v.Text != r.Cause || v.Sender != r.Sender {
			t.Errorf("weighed again it is %+v", v)
		}
		if died := w.known(t, "a").Died; died == nil || died.Cause != r.Cause {
			t.Errorf("remembered is %+v", died)
		}
	})
}

// Some systems tell no id of a boot: then the clock of the day says whether the daemon was
// last seen in this one.
func TestWindow(t *testing.T) {
	now := time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC)
	stamp := func(ago, up time.Duration, boot string) past.Stamp {
		return past.Stamp{Time: now.Add(-ago), Boot: boot, Up: up}
	}
	for name, tc := range map[string]struct {
		last, now past.Stamp
		from, to  time.Duration
		rebooted  bool
		known     bool
	}{
		"never seen":           {now: stamp(0, time.Hour, "b")},
		"this boot":            {stamp(time.Minute, 50*time.Minute, "b"), stamp(0, time.Hour, "b"), 50 * time.Minute, time.Hour, false, true},
		"another boot":         {stamp(2*time.Hour, 9*time.Hour, "a"), stamp(0, time.Hour, "b"), 9 * time.Hour, time.Hour, true, true},
		"an id is new":         {stamp(time.Minute, 0, ""), stamp(0, time.Hour, "b"), 0, 0, false, false},
		"no ids":               {stamp(time.Minute, 0, ""), stamp(0, 0, ""), 59 * time.Minute, time.Hour, false, true},
		"no ids, another boot": {stamp(2*time.Hour, 0, ""), stamp(0, 0, ""), -time.Hour, time.Hour, true, true},
		"the clock went back":  {stamp(-time.Minute, 0, ""), stamp(0, 0, ""), 61 * time.Minute, time.Hour, false, false},
	} {
		r := &task{pass: &pass{Keeper: &Keeper{Senses: Senses{Uptime: func() (time.Duration, error) { return time.Hour, nil }}}}}
		r.past.LastUp = tc.last
		from, to, rebooted, known := r.window(tc.now)
		if known != tc.known || known && (from != tc.from || to != tc.to || rebooted != tc.rebooted) {
			t.Errorf("%s: %v to %v, rebooted: %v, known: %v", name, from, to, rebooted, known)
		}
	}
}

// Who only looks is told why a daemon is down, and of what one that is up again has died.
func TestLookingTellsOfDeaths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := listening(t)
		d := w.isUp("a", "s")
		d.Policy = policy()
		w.again(t, d)
		w.dies("a")
		death := killed("SIGKILL")
		death.PID = 100
		w.deaths["s"] = death
		w.barren("s")
		look := func() report.Daemon {
			k := *w.another(t)
			k.Watching, k.Manager = true, nil
			return k.Run(t.Context(), []Daemon{d})[0]
		}
		wantResult(t, w.again(t, d)["a"], report.StillDown, "")
		if r := look(); !strings.Contains(r.Cause, "SIGKILL") || r.Certainty != "certain" || r.Source == "" || r.LastDeath != nil {
			t.Errorf("down: %+v", r)
		}
		w.brings("s", "a")
		time.Sleep(time.Hour)
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
		time.Sleep(time.Hour)
		r := look()
		if r.LastDeath == nil || !strings.Contains(r.LastDeath.Cause, "SIGKILL") || r.LastDeath.Ago < 2*time.Hour || r.LastDeath.Took < time.Hour {
			t.Errorf("up again: %+v", r.LastDeath)
		}
	})
}

// All who are asked have one limit together, and the restart waits no longer. The manager
// is one of them, and that it has not answered is said.
func TestEvidenceTime(t *testing.T) {
	const limit = 700 * time.Millisecond
	at, hung := asked(t, limit, false), asked(t, limit, true)
	if hung-at != limit {
		t.Errorf("it takes %s, and %s if nobody answers", at, hung)
	}
}

// asked is how long a run takes in which a daemon is brought back.
func asked(t *testing.T, limit time.Duration, hangs bool) (took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := listening(t)
		d := w.isUp("a", "s")
		d.Policy = policy()
		w.keeper.EvidenceTime = limit
		w.keeper.Evidence = func(ctx context.Context, _ postmortem.Dead) postmortem.Evidence {
			if hangs {
				<-ctx.Done()
			}
			return postmortem.Evidence{}
		}
		w.again(t, d)
		w.dies("a")
		if hangs {
			w.deathTakes = time.Hour
		}
		began := time.Now()
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
		if took = time.Since(began); hangs {
			w.said(t, "'a': the cause is not known")
		}
	})
	return took
}
