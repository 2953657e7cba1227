package keeper

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/report"
)

func TestOneLookForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var daemons []Daemon
		for _, n := range names(50) {
			daemons = append(daemons, w.isUp(n, n))
		}
		for n, r := range w.run(t, t.Context(), daemons...) {
			wantResult(t, r, report.Up, "")
			if want := w.toy(n).pid; !slices.Equal(r.PIDs(), []int{want}) {
				t.Errorf("'%s' has pids %v, want %d", n, r.PIDs(), want)
			}
		}
		if len(w.lookedAt) != 1 || len(w.lookedAt[0].specs) != 50 || w.lookedAt[0].full {
			t.Errorf("looked %d times, at %d", len(w.lookedAt), len(w.lookedAt[0].specs))
		}
		w.untouched(t)
		if want := []string{"INFO 50 of 50 daemons and rules were well"}; !slices.Equal(w.log, want) {
			t.Errorf("the log says %q", w.log)
		}
	})
}

// Twenty cost hardly more looks than one, because they share them.
func TestManyThatAreDownShareLooks(t *testing.T) {
	looks := func(n int) (all, before int) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.keeper.AtOnce = n
			var daemons []Daemon
			for _, name := range names(n) {
				daemons = append(daemons, w.add(name, name))
			}
			for n, r := range w.run(t, t.Context(), daemons...) {
				wantResult(t, r, report.BroughtBack, "")
				if want := w.toy(n).pid; !slices.Equal(r.PIDs(), []int{want}) {
					t.Errorf("'%s' has pids %v, want %d", n, r.PIDs(), want)
				}
			}
			all = len(w.lookedAt)
			before = slices.IndexFunc(w.lookedAt, func(l look) bool { return l.from > w.steps[0].from })
		})
		return all, before
	}
	one, _ := looks(1)
	twenty, before := looks(20)
	// One that comes first gets a look of its own, the others the next together.
	if before > 5 {
		t.Errorf("%d looks at twenty before the first restart", before)
	}
	if twenty > 5*one {
		t.Errorf("%d looks for one, %d for twenty", one, twenty)
	}
}

// A look that has begun says nothing of what is asked for later.
func TestLookBeginsAfterItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.lookTakes = time.Second
		quick, slow := w.add("quick", "q"), w.add("slow", "s")
		quick.Recheck, slow.Recheck = 500*time.Millisecond, 600*time.Millisecond
		w.run(t, t.Context(), quick, slow)
		// The look for quick begins at 1.5 s and ends at 2.5 s, the one for slow
		// is asked for at 1.6 s.
		if got := w.lookedAt[2].from; got < 2500*time.Millisecond || w.lookedAt[2].specs[0].Executable != "/toys/slow" {
			t.Errorf("third look at %v for %+v", got, w.lookedAt[2].specs)
		}
	})
}

func TestAtMostAtOnce(t *testing.T) {
	for _, tc := range []struct{ atOnce, want, rounds int }{{0, 1, 6}, {1, 1, 6}, {2, 2, 3}, {4, 4, 2}, {6, 6, 1}, {99, 6, 1}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.keeper.AtOnce = tc.atOnce
			var daemons []Daemon
			for _, n := range names(6) {
				daemons = append(daemons, w.add(n, n))
				w.services[n].startIs = 10 * time.Second
			}
			for _, r := range w.run(t, t.Context(), daemons...) {
				wantResult(t, r, report.BroughtBack, "")
				if r.Took < 14*time.Second || r.Took > time.Since(w.began) { // with the wait for its turn
					t.Errorf("'%s' took %v of %v", r.Name, r.Took, time.Since(w.began))
				}
			}
			most := 0
			for _, s := range w.steps {
				most = max(most, s.underWay)
			}
			if most != tc.want {
				t.Errorf("at once %d: %d at the same time, want %d", tc.atOnce, most, tc.want)
			}
			// The recheck, and in each round a stop, a start and the settle time.
			if got, want := time.Since(w.began), 2*time.Second+time.Duration(tc.rounds)*12100*time.Millisecond; (got - want).Abs() > time.Second {
				t.Errorf("at once %d: took %v, want %v", tc.atOnce, got, want)
			}
		})
	}
}

// Those that wait for a turn come in the order of the configuration.
func TestTurnsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.keeper.AtOnce = 1
		var daemons []Daemon
		for _, n := range names(5) {
			daemons = append(daemons, w.add(n, n))
		}
		daemons[0].Recheck = 0 // so that the others wait
		w.services["d00"].startIs = 10 * time.Second
		w.run(t, t.Context(), daemons...)
		want := "stop d00,start d00,stop d01,start d01,stop d02,start d02,stop d03,start d03,stop d04,start d04"
		if got := w.did(); got != want {
			t.Errorf("did %s", got)
		}
	})
}

func TestServicesInTheOrderGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run(t, t.Context(), w.add("x", "z", "a", "m"))
		if got := w.did(); got != "stop z,start z,stop a,start a,stop m,start m" {
			t.Errorf("did %s", got)
		}
	})
}

func TestOneThatHangsDelaysNoneOfTheOthers(t *testing.T) {
	times := func(hangs bool) (out map[string]time.Duration) {
		out = make(map[string]time.Duration)
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			var daemons []Daemon
			for _, n := range names(4) {
				daemons = append(daemons, w.add(n, n))
			}
			if hangs {
				w.services["d00"].hangs = true
				w.barren("d00")
			}
			reports := w.run(t, t.Context(), daemons...)
			for _, n := range names(4)[1:] {
				wantResult(t, reports[n], report.BroughtBack, "")
				out[n] = w.said(t, fmt.Sprintf("'%s' is running again", n))
			}
			if !hangs {
				return
			}
			wantResult(t, reports["d00"], report.StillDown, "did not appear within 30s")
			if s := w.at(t, "start d00"); s.to-s.from != time.Minute {
				t.Errorf("the start that hangs took %v", s.to-s.from)
			}
		})
		return out
	}
	with, without := times(true), times(false)
	for n := range with {
		if !about(with[n], without[n]) {
			t.Errorf("'%s' was up again at %v, and without one that hangs at %v", n, with[n], without[n])
		}
	}
}

// A start that does not end, of a daemon that is up, is slow and no failure.
func TestSlowStartAmongOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		daemons := []Daemon{w.add("a", "sa"), w.add("b", "sb")}
		w.services["sa"].hangs = true
		reports := w.run(t, t.Context(), daemons...)
		wantResult(t, reports["a"], report.BroughtBack, "")
		if s := reports["a"].Steps[1]; !s.Slow {
			t.Errorf("%+v", s)
		}
	})
}

// Each has a fate of its own, and none gets another's verdict.
func TestVerdictsAreNotMixedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.keeper.AtOnce = 7
		var daemons []Daemon
		fate := func(i int) string { return []string{"up", "back", "down", "unknown"}[i%4] }
		for i, n := range names(40) {
			d := w.add(n, n)
			d.Recheck = time.Duration(i*37%11) * 100 * time.Millisecond
			switch fate(i) {
			case "up":
				w.toy(n).up = true
			case "down":
				w.barren(n)
			case "unknown":
				v := unclear(fmt.Errorf("cannot see %s", n))
				w.toy(n).verdict = &v
			}
			w.services[n].after = time.Duration(i*53%17) * 300 * time.Millisecond
			daemons = append(daemons, d)
		}
		reports := w.run(t, t.Context(), daemons...)
		for i, n := range names(40) {
			switch r := reports[n]; fate(i) {
			case "up":
				wantResult(t, r, report.Up, "")
			case "down":
				wantResult(t, r, report.StillDown, "did not appear")
			case "unknown":
				wantResult(t, r, report.CannotTell, "'"+n+"': cannot see "+n)
			default:
				wantResult(t, r, report.BroughtBack, "")
				if !slices.Equal(r.PIDs(), []int{w.toy(n).pid}) {
					t.Errorf("'%s' has pids %v, want %d", n, r.PIDs(), w.toy(n).pid)
				}
			}
		}
	})
}
