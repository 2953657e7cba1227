package keeper

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

func killed(signal string) rcd.Death {
	return rcd.Death{Cause: words.Signalled, Text: "its main process was killed by " + signal}
}

// Why a daemon has died is asked before the restart takes the evidence away, told,
// and written into the ledger.
func TestCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		d := w.isUp("a", "s", "t")
		d.Policy = policy()
		w.again(t, d)
		w.dies("a")
		w.deaths["s"] = killed("SIGKILL")
		r := w.again(t, d)["a"]
		wantResult(t, r, report.BroughtBack, "")
		if !r.DownSince.IsZero() {
			t.Errorf("it is up, and down since %v", r.DownSince)
		}
		if r.Cause != "its main process was killed by SIGKILL" || r.Deaths["signal"] != 1 || len(r.Deaths) != 1 {
			t.Errorf("cause %q, deaths %v", r.Cause, r.Deaths)
		}
		if at := w.said(t, "'a': its main process was killed by SIGKILL"); at >= w.at(t, "stop s").from {
			t.Errorf("told at %v, and the stop was before", at)
		}
		if i := w.ledger(t)[0]; i.Kind != "signal" || i.Cause != r.Cause {
			t.Errorf("the ledger has %q, %q", i.Kind, i.Cause)
		}
		if !slices.Equal(w.autopsies, []string{"s"}) {
			t.Errorf("asked about %v", w.autopsies)
		}
		for _, x := range slices.Concat(e.heard...) {
			if x.Daemon.Cause != r.Cause {
				t.Errorf("who is told of its %s is not told the cause: %+v", x.Kind, x.Daemon)
			}
		}
		if len(e.heard) != 2 {
			t.Errorf("told %d times", len(e.heard))
		}
	})
}

// A daemon that does not come back has died once, of the first cause.
func TestCauseIsThatOfTheFirstDeath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		d.Policy = policy()
		w.again(t, d)
		w.dies("a")
		w.barren("s")
		var since time.Time
		for _, signal := range []string{"SIGSEGV", "SIGTERM", "SIGTERM"} {
			w.deaths["s"] = killed(signal)
			r := w.again(t, d)["a"]
			if since.IsZero() {
				since = time.Now()
			}
			if r.DownSince.IsZero() || r.DownSince.After(since) {
				t.Errorf("after %s: down since %v", signal, r.DownSince)
			}
			if r.Cause != "its main process was killed by SIGSEGV" {
				t.Errorf("after %s: %q", signal, r.Cause)
			}
			time.Sleep(time.Minute)
		}
		if m := w.known(t, "a"); m.Deaths["signal"] != 1 || len(m.Deaths) != 1 {
			t.Errorf("deaths %v", m.Deaths)
		}
	})
}

// The next death is another one.
func TestDeathsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		d.Policy = past.Policy{Delays: []time.Duration{0}}
		w.again(t, d)
		for _, signal := range []string{"SIGSEGV", "", "SIGTERM"} {
			w.deaths["s"] = rcd.Death{}
			if signal != "" {
				w.deaths["s"] = killed(signal)
			}
			w.dies("a")
			r := w.again(t, d)["a"]
			wantResult(t, r, report.BroughtBack, "")
			if (r.Cause == "") != (signal == "") {
				t.Errorf("after %q: %q", signal, r.Cause)
			}
		}
		if m := w.known(t, "a"); m.Deaths["signal"] != 2 || m.Deaths["unknown"] != 1 || len(m.Deaths) != 2 {
			t.Errorf("deaths %v", m.Deaths)
		}
	})
}

// What somebody has stopped has not died, until it is to be restarted.
func TestNoCauseWhileLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := w.remembers(t)
		d := w.isUp("a", "s")
		d.Policy, d.Respect = policy(), words.Wishes()
		w.again(t, d)
		w.dies("a")
		must(t, store.Pause(past.Pause{Name: "a", From: w.now()}))
		if r := w.again(t, d)["a"]; r.Result != report.Held || r.Cause != "" || len(w.autopsies) > 0 {
			t.Errorf("%+v, asked about %v", r, w.autopsies)
		}
		_, err := store.Resume("a", w.now())
		must(t, err)
		w.deaths["s"] = killed("SIGTERM")
		if r := w.again(t, d)["a"]; r.Result != report.BroughtBack || r.Deaths["signal"] != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// A manager that does not answer keeps nothing from being restarted.
func TestCauseThatCannotBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		d.Policy = policy()
		w.again(t, d)
		w.dies("a")
		w.deathTakes = time.Hour
		began := time.Now()
		r := w.again(t, d)["a"]
		wantResult(t, r, report.BroughtBack, "")
		if took := time.Since(began); took > 15*time.Second || r.Cause != "" || r.Deaths["unknown"] != 1 {
			t.Errorf("after %v: %q, %v", took, r.Cause, r.Deaths)
		}
		if !strings.Contains(w.logged(), "the cause is not known") {
			t.Errorf("it is not said: %s", w.logged())
		}
	})
}

// Of a daemon that runs and does not answer, its manager knows nothing.
func TestCauseOfOneThatIsNotWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		d.Policy, d.Spec.Listen = policy(), []check.Listen{{}}
		w.again(t, d)
		w.toy("a").sick = true
		w.deaths["s"] = killed("SIGKILL") // of another time
		if r := w.again(t, d)["a"]; r.Result != report.BroughtBack || r.Cause != "" || r.Deaths["not_well"] != 1 || len(w.autopsies) > 0 {
			t.Errorf("%+v, asked about %v", r, w.autopsies)
		}
	})
}

// Without a memory, and in a dry run, it is told all the same.
func TestCauseWithoutAMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := w.add("a", "s")
		w.deaths["s"] = killed("SIGKILL")
		w.keeper.DryRun = true
		for range 2 {
			if r := w.run(t, context.Background(), d)["a"]; r.Cause == "" || r.Deaths != nil {
				t.Errorf("%+v", r)
			}
			w.keeper.DryRun = false
		}
	})
}

// Of many that are down at once, a few are asked for at a time, and each has its time.
func TestCausesOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.deathTakes = time.Second
		var all []Daemon
		for _, name := range names(40) {
			all = append(all, w.add(name, "s-"+name))
			w.deaths["s-"+name] = killed("SIGKILL")
		}
		w.keeper.AtOnce = 100
		for name, r := range w.run(t, context.Background(), all...) {
			if r.Cause == "" {
				t.Errorf("%s has no cause", name)
			}
		}
		if w.mostAsking > deathsAtOnce || w.mostAsking < 2 {
			t.Errorf("%d were asked for at once", w.mostAsking)
		}
	})
}

// A run that ends before it could ask leaves that to the next.
func TestCauseOfAnInterruptedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		d.Policy = policy()
		w.again(t, d)
		w.dies("a")
		w.deaths["s"], w.deathTakes = killed("SIGKILL"), time.Second
		ctx, cancel := context.WithTimeout(t.Context(), d.Recheck+500*time.Millisecond)
		defer cancel()
		w.run(t, ctx, d)
		if m := w.known(t, "a"); m.Incident == nil || m.Incident.Kind != "" || len(m.Deaths) > 0 {
			t.Errorf("remembered: %+v, deaths %v", m.Incident, m.Deaths)
		}
		if r := w.again(t, d)["a"]; r.Cause != "its main process was killed by SIGKILL" || r.Deaths["signal"] != 1 {
			t.Errorf("%+v", r)
		}
	})
}
