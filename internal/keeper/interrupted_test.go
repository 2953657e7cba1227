package keeper

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
)

var errSignal = errors.New("terminated signal received")

// interruptedAt ends a run at a time, and sees that nothing more is touched then,
// and that all that was stopped is started.
func interruptedAt(t *testing.T, w *world, at time.Duration, daemons ...Daemon) map[string]report.Daemon {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(at, func() { cancel(errSignal) })
	reports := w.run(t, ctx, daemons...)
	for _, s := range w.steps {
		if s.from > at && strings.HasPrefix(s.String(), "stop ") {
			t.Errorf("%v at %v, after the interruption", s, s.from)
		}
		if s.from > at && w.at(t, "stop "+s.service).from > at {
			t.Errorf("%v at %v, after the interruption", s, s.from)
		}
	}
	return reports
}

func TestInterruptedWhileItWaits(t *testing.T) {
	const ended = "this run was interrupted"
	for _, tc := range []struct {
		name   string
		at     time.Duration
		change func(w *world, a, b *Daemon)
		result report.Result // of b
		reason string
		did    string
		took   time.Duration // at most, from the interruption on
	}{
		{"for the second look", time.Second, nil, report.CannotTell, "interrupted before a second look", "", 0},
		{"for a turn", 10 * time.Second, func(w *world, _, _ *Daemon) { w.keeper.AtOnce = 1 }, report.StillDown, ended, "stop a,start a", 30 * time.Second},
		{"for a service", 10 * time.Second, func(_ *world, a, b *Daemon) { b.Services = a.Services }, report.StillDown, ended, "stop a,start a", 30 * time.Second},
		{"for another to be up", 10 * time.Second, func(_ *world, _, b *Daemon) { b.After = []string{"a"} }, report.StillDown, ended, "stop a,start a", 30 * time.Second},
		{"for an answer", 8 * time.Second, func(w *world, a, b *Daemon) {
			w.probeTakes = 5 * time.Second
			w.toy("b").up, w.toy("b").sick = true, true
			b.Spec.Listen = []check.Listen{{}}
		}, report.CannotTell, "cannot tell whether it answers: " + errSignal.Error(), "stop a,start a", 30 * time.Second},
		{"for the first answer", 2 * time.Second, func(w *world, a, b *Daemon) {
			w.probeTakes = 5 * time.Second
			a.Recheck = time.Hour
			w.toy("b").up = true
			b.Spec.Listen = []check.Listen{{}}
		}, report.CannotTell, "cannot tell whether it answers: " + errSignal.Error(), "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				a, b := w.add("a", "a"), w.add("b", "b")
				if tc.name != "for the second look" {
					a.Recheck = time.Second // so that b waits for it
				}
				w.services["a"].startIs, w.services["a"].after = 20*time.Second, 25*time.Second
				if tc.change != nil {
					tc.change(w, &a, &b)
				}
				r := interruptedAt(t, w, tc.at, a, b)
				wantResult(t, r["b"], tc.result, tc.reason)
				if got := w.did(); got != tc.did {
					t.Errorf("did %q, want %q", got, tc.did)
				}
				if took := time.Since(w.began) - tc.at; took > tc.took {
					t.Errorf("went on for %v", took)
				}
			})
		})
	}
}

// What several had stopped is started, each by its own.
func TestInterruptedBetweenStopAndStartOfSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var daemons []Daemon
		for _, n := range names(6) {
			daemons = append(daemons, w.add(n, n, n+"-helper"))
			w.services[n].stopTakes = 10 * time.Second
		}
		reports := interruptedAt(t, w, 5*time.Second, daemons...)
		started := 0
		for _, r := range reports {
			switch r.Result {
			case report.BroughtBack:
				started++
				if len(r.Steps) != 4 || !r.Steps[2].Skipped || !r.Steps[3].Skipped {
					t.Errorf("it does not say that the helper was left out: %+v", r.Steps)
				}
			default:
				wantResult(t, r, report.StillDown, "this run was interrupted")
			}
		}
		if started != 4 || len(w.steps) != 8 {
			t.Errorf("%d started, %s", started, w.did())
		}
		if took := time.Since(w.began); took > 15*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// The log tells of the signal once, however many are at work.
func TestInterruptionIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var daemons []Daemon
		for _, n := range names(4) {
			daemons = append(daemons, w.add(n, n))
			w.services[n].startIs = 10 * time.Second
		}
		interruptedAt(t, w, 5*time.Second, daemons...)
		if n := strings.Count(strings.Join(w.log, "\n"), errSignal.Error()); n != 1 {
			t.Errorf("told %d times:\n%s", n, strings.Join(w.log, "\n"))
		}
	})
}

// A run that is interrupted before it has begun looks, and touches nothing.
func TestInterruptedFromTheStart(t *testing.T) {
	for range 20 { // a select of two that are ready is a coin
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			a, b := w.add("a", "a"), w.add("b", "b")
			a.Recheck, b.After = 0, []string{"a"}
			reports := w.run(t, ctx, a, b, w.isUp("c", "c"))
			wantResult(t, reports["a"], report.StillDown, "this run was interrupted")
			wantResult(t, reports["b"], report.CannotTell, "interrupted before a second look")
			wantResult(t, reports["c"], report.Up, "")
			if len(w.steps) > 0 {
				t.Errorf("did %s", w.did())
			}
			if took := time.Since(w.began); took > 100*time.Millisecond {
				t.Errorf("took %v", took)
			}
		})
	}
}
