package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/rcd"
)

// What another run holds keeps one daemon from being restarted, and no other.
func TestLockOfAnotherRunHoldsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		dir, err := state.OpenDir(w.keeper.RunDir)
		if err != nil {
			t.Fatal(err)
		}
		locks, err := dir.Lock([]string{"sb"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		defer locks.Release()
		reports := w.run(t, t.Context(), w.add("a", "sa", "shared"), w.add("b", "sb"), w.add("c", "sc", "shared"))
		wantResult(t, reports["a"], report.BroughtBack, "")
		wantResult(t, reports["b"], report.Held, "another run is at work on service sb")
		wantResult(t, reports["c"], report.BroughtBack, "")
		if strings.Contains(w.logged(), "left alone") {
			t.Errorf("nobody has asked for it:\n%s", w.logged())
		}
		if !reports["b"].Busy || strings.Contains(w.did(), "sb") {
			t.Errorf("%+v, did %s", reports["b"], w.did())
		}
		if w.keeper.Outputs.Dir == "" {
			t.Error("the manager was not told where outputs go")
		}
	})
}

// A daemon that waits for its next try is not left alone for another run, if it is this run
// that restarts a service of it for another daemon.
func TestOwnLockIsNoOtherRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		toyd, web := w.add("toyd", "toyd", "nginx"), w.isUp("web", "nginx")
		toyd.Policy = policy()
		w.barren("toyd")
		w.barren("nginx")
		wantResult(t, w.again(t, toyd, web)["toyd"], report.StillDown, "it did not appear")
		w.dies("web")
		w.brings("nginx", "web")
		web.Recheck, toyd.Recheck = time.Second, 5*time.Second
		w.services["nginx"].startIs = 20 * time.Second
		reports := w.again(t, toyd, web)
		wantResult(t, reports["web"], report.BroughtBack, "")
		r := reports["toyd"]
		if wantResult(t, r, report.StillDown, "the next try is in"); r.Busy || strings.Contains(w.logged(), "'toyd' is left alone") {
			t.Errorf("%q; the log says\n%s", r.Reason, w.logged())
		}
	})
}

func TestBootGraceIsEachDaemonsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		patient, hasty := w.add("patient", "p"), w.add("hasty", "h")
		patient.BootGrace, hasty.BootGrace = 2*time.Hour, time.Minute
		reports := w.run(t, t.Context(), patient, hasty)
		wantResult(t, reports["patient"], report.Held, "less than its boot grace of 2h")
		wantResult(t, reports["hasty"], report.BroughtBack, "")
	})
}

func TestPhaseIsAskedOnce(t *testing.T) {
	for phase, want := range map[rcd.Phase]report.Result{rcd.Working: report.BroughtBack, rcd.Booting: report.Held, rcd.ShuttingDown: report.Held} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.phase = phase
			var daemons []Daemon
			for _, n := range names(9) {
				daemons = append(daemons, w.add(n, n))
			}
			for _, r := range w.run(t, t.Context(), daemons...) {
				wantResult(t, r, want, "")
			}
			if w.phases != 1 {
				t.Errorf("asked %d times", w.phases)
			}
		})
	}
}

// Nobody asks for the phase of a machine on which all is well.
func TestPhaseIsNotAskedWithoutNeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run(t, t.Context(), w.isUp("a", "a"), w.isUp("b", "b"))
		if w.phases != 0 {
			t.Errorf("asked %d times", w.phases)
		}
	})
}

func TestWithoutTheRightToActNoneIsTouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.keeper.NeedsRoot = true
		reports := w.run(t, t.Context(), w.add("a", "sa"), w.isUp("b", "sb"), w.add("c", "sc"))
		wantResult(t, reports["a"], report.CannotTell, "'a': cannot stop and start service sa: fake lets only root do that")
		wantResult(t, reports["b"], report.Up, "")
		wantResult(t, reports["c"], report.CannotTell, "service sc")
		if reports["a"].Hint == "" {
			t.Error("no hint")
		}
		w.untouched(t)
	})
}

func TestDryRunPlansAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.keeper.DryRun = true
		a, b, c := w.add("a", "s", "sa"), w.add("b", "s", "sb"), w.add("c", "sc")
		c.After = []string{"a"}
		reports := w.run(t, t.Context(), a, b, c, w.isUp("d", "sd"))
		for n, want := range map[string]string{
			"a": "svc s stop,svc s start,svc sa stop,svc sa start",
			"b": "svc s stop,svc s start,svc sb stop,svc sb start",
			"c": "svc sc stop,svc sc start",
			"d": "",
		} {
			var got []string
			for _, p := range reports[n].Plan {
				got = append(got, strings.Join(p.Argv, " "))
			}
			if strings.Join(got, ",") != want {
				t.Errorf("planned %q for '%s', want %q", got, n, want)
			}
			if n != "d" {
				wantResult(t, reports[n], report.StillDown, "dry run")
			}
		}
		w.untouched(t)
		if took := time.Since(w.began); !about(took, 2*time.Second) {
			t.Errorf("took %v", took)
		}
	})
}

// A dry run says why it has no plan.
func TestDryRunWithoutAPlanSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.keeper.DryRun = true
		w.obstacles = map[string]*rcd.Obstacle{"sa": {Service: "sa", Word: "masked", Enable: "systemctl unmask sa"}}
		r := w.run(t, t.Context(), w.add("a", "sa"))["a"]
		wantResult(t, r, report.StillDown, "none of its services can be started (sa)")
	})
}

func TestWithoutServicesOneIsOnlyWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		reports := w.run(t, t.Context(), w.add("a"), w.isUp("b"), w.add("c", "sc"))
		wantResult(t, reports["a"], report.StillDown, "only watched")
		wantResult(t, reports["b"], report.Up, "")
		wantResult(t, reports["c"], report.BroughtBack, "")
		if got := w.did(); got != "stop sc,start sc" {
			t.Errorf("did %s", got)
		}
		wantInOrder(t, w.log, []string{"WARNING 'a' is not running"})
	})
}

// Unknown under the lock touches nothing, of one as of many.
func TestUnknownUnderTheLockTouchesNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.keeper.AtOnce = 1
		a, b := w.add("a", "sa"), w.add("b", "sb")
		a.Recheck = time.Second
		real := w.keeper.Look
		w.keeper.Look = func(ctx context.Context, specs []check.Spec, opts check.Options) []check.Verdict {
			list := real(ctx, specs, opts)
			for i, s := range specs {
				if s.Executable == "/toys/b" && len(w.steps) > 0 {
					list[i] = unclear(fmt.Errorf("clouded"))
				}
			}
			return list
		}
		reports := w.run(t, t.Context(), a, b)
		wantResult(t, reports["a"], report.BroughtBack, "")
		wantResult(t, reports["b"], report.CannotTell, "clouded")
		if got := w.did(); got != "stop sa,start sa" {
			t.Errorf("did %s", got)
		}
	})
}

// What daemons have written to the output of their own start is cut, but not by a
// dry run.
func TestOutputsAreTrimmed(t *testing.T) {
	for _, dry := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.keeper.DryRun = dry
			if _, err := state.OpenDir(w.keeper.RunDir); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(w.keeper.RunDir, "sa.output")
			if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 2<<20)); err != nil {
				t.Fatal(err)
			}
			w.run(t, t.Context(), w.isUp("a", "sa"), w.isUp("b", "sb"))
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if trimmed := info.Size() == 0; trimmed == dry {
				t.Errorf("dry run %v: %d bytes are left", dry, info.Size())
			}
		})
	}
}
