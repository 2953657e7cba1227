package keeper

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
)

// A process runs and does not answer: it is restarted, and only an answer shows
// that it is back.
func TestUnwellIsRestartedAndProbed(t *testing.T) {
	for _, ill := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			d := w.isUp("a", "sa")
			d.Spec.Listen = []check.Listen{{}}
			w.toy("a").sick, w.toy("a").ill = true, ill
			r := w.run(t, t.Context(), d, w.isUp("b", "sb"))["a"]
			if got := w.did(); got != "stop sa,start sa" {
				t.Errorf("did %s", got)
			}
			wantInOrder(t, w.log, []string{"WARNING 'a' is not well: it refuses connections"})
			if r.Trouble != "it refuses connections" {
				t.Errorf("trouble %q", r.Trouble)
			}
			// The first look, the second, that under the lock; then those that wait.
			if got := w.probed[:5]; !slices.Equal(got, []bool{false, false, false, true, true}) {
				t.Errorf("probed after a restart: %v", got)
			}
			if ill {
				wantResult(t, r, report.StillDown, "within 30s it did not get well")
				wantInOrder(t, w.log, []string{"ERROR 'a' is still not well: within 30s"})
				return
			}
			wantResult(t, r, report.BroughtBack, "")
			if !slices.Equal(r.PIDs(), []int{w.toy("a").pid}) {
				t.Errorf("pids %v", r.PIDs())
			}
		})
	}
}

// It did not run; now it runs and does not answer, which is what is told.
func TestUnwellAfterTheRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := w.add("a", "sa")
		d.Spec.Listen = []check.Listen{{}}
		w.toy("a").ill = true
		r := w.run(t, t.Context(), d)["a"]
		wantResult(t, r, report.StillDown, "within 30s it did not get well")
		if r.Trouble != "" || len(r.Details) != 1 {
			t.Errorf("trouble %q, details %+v", r.Trouble, r.Details)
		}
		wantInOrder(t, w.log, []string{"WARNING 'a' is not running", "ERROR 'a' is still not well: within 30s"})
	})
}

// Twenty probes of five seconds take five seconds, not a hundred.
func TestProbesAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.probeTakes = 5 * time.Second
		var daemons []Daemon
		for _, n := range names(20) {
			d := w.isUp(n, n)
			d.Spec.Listen = []check.Listen{{}}
			daemons = append(daemons, d)
		}
		for _, r := range w.run(t, t.Context(), daemons...) {
			wantResult(t, r, report.Up, "")
		}
		if took := time.Since(w.began); took != 5*time.Second+w.lookTakes {
			t.Errorf("took %v", took)
		}
		w.untouched(t)
	})
}

// No more descriptors than can be had.
func TestProbesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var daemons []Daemon
		for i := range 2*probesAtOnce + 1 {
			d := w.isUp(fmt.Sprint(i), "s")
			d.Spec.Listen = []check.Listen{{}}
			daemons = append(daemons, d)
		}
		w.run(t, t.Context(), daemons...)
		if w.mostProbing != probesAtOnce {
			t.Errorf("%d probes at the same time, want %d", w.mostProbing, probesAtOnce)
		}
	})
}

// A probe that hangs does not keep the others from being restarted.
func TestProbeThatHangsDelaysNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.probeTakes = time.Minute
		slow := w.isUp("slow", "s")
		slow.Spec.Listen = []check.Listen{{}}
		w.run(t, t.Context(), slow, w.add("a", "sa"))
		if got := w.at(t, "stop sa").from; !about(got, 2*time.Second) {
			t.Errorf("restarted at %v", got)
		}
	})
}

// The daemon that a start of a service brings up was young for its rules; that is
// no reason to find it down.
func TestJustStartedIsNotTooYoung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := w.add("a", "sa")
		d.Spec.MinAge = time.Hour
		w.run(t, t.Context(), d)
		for _, l := range w.lookedAt {
			started := l.from > w.at(t, "start sa").from
			if got := l.specs[0].MinAge; started && got != 0 || !started && got != time.Hour {
				t.Errorf("the look at %v asks for an age of %v", l.from, got)
			}
		}
	})
}

// Hundreds of probes that hang do not keep one that was restarted from showing
// that it is back.
func TestProbeAfterARestartWaitsForNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.probeTakes = 10 * time.Minute
		var daemons []Daemon
		for i := range 2 * probesAtOnce {
			d := w.isUp(fmt.Sprint(i), "s")
			d.Spec.Listen = []check.Listen{{}}
			daemons = append(daemons, d)
		}
		d := w.add("x", "sx")
		d.Spec.Listen = []check.Listen{{}}
		w.toy("x").answers = time.Second
		wantResult(t, w.run(t, t.Context(), append(daemons, d)...)["x"], report.BroughtBack, "")
	})
}

// A healthy run looks at as little as possible, and so do the looks that decide;
// after an incident people want to see what was excluded.
func TestWhichLooksAreFull(t *testing.T) {
	for _, details := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.keeper.Details = details
			w.run(t, t.Context(), w.add("a", "sa"))
			for i, l := range w.lookedAt {
				if want := details || i > 2; l.full != want {
					t.Errorf("details %v: look %d is full: %v", details, i, l.full)
				}
			}
		})
	}
}
