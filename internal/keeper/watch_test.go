package keeper

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// watching is a world that is only looked at.
func watching(t *testing.T) *world {
	w := newWorld(t)
	w.keeper.Watching, w.keeper.Manager = true, nil
	return w
}

// Whatever is found, nothing is touched, and no manager is needed.
func TestWatchingTouchesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t)
		w.keeper.NeedsRoot = true
		alone, sick, unknown := w.add("alone"), w.isUp("sick", "s"), w.add("unknown", "u")
		w.toy("sick").sick, sick.Spec.Listen = true, []check.Listen{{}}
		w.toy("unknown").verdict = &check.Verdict{Err: errors.New("it cannot be told")}
		reports := w.run(t, t.Context(), w.isUp("up", "x"), w.add("down", "y"), alone, sick, unknown,
			w.rule("rule", faulty(up(7), check.TooMany, check.Alarm, "1 process, and none may be")))
		wantResult(t, reports["up"], report.Up, "")
		wantResult(t, reports["down"], report.StillDown, "not running")
		wantResult(t, reports["alone"], report.StillDown, "not running")
		wantResult(t, reports["sick"], report.StillDown, "it refuses connections")
		wantResult(t, reports["unknown"], report.CannotTell, "it cannot be told")
		wantResult(t, reports["rule"], report.Wrong, "none may be")
		if r := reports["sick"]; r.Trouble != "" || len(r.Processes) != 1 {
			t.Errorf("said twice, or without its process: %+v", r)
		}
		w.untouched(t)
	})
}

// knowing finds one service alone.
type knowing struct {
	Observer
	service string
}

func (k knowing) Find(_ context.Context, service string) error {
	if service != k.service {
		return errors.New("cannot find service " + service)
	}
	return nil
}

// A service that nobody knows would make the restart fail: who looks hears it while the
// daemon is still up.
func TestWatchingFindsServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t)
		w.keeper.Observer = knowing{w, "s"}
		reports := w.run(t, t.Context(), w.isUp("good", "s"), w.isUp("bad", "s", "mistyped"))
		wantResult(t, reports["good"], report.Up, "")
		wantResult(t, reports["bad"], report.CannotTell, "cannot find service mistyped")
	})
}

// Down is said only after two looks, and who waits for it waits for two seconds.
func TestWatchingLooksTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t)
		d := w.add("x", "s")
		d.Recheck = time.Hour
		w.toy("x").upAt = w.began.Add(time.Second)
		wantResult(t, w.run(t, t.Context(), d)["x"], report.Up, "")
		if took := time.Since(w.began); !about(took, longestRecheck) {
			t.Errorf("took %v", took)
		}
	})
}

// What a run would leave alone is held for who looks, too.
func TestWatchingSeesWhatIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t)
		dir, err := state.OpenDir(w.keeper.RunDir)
		if err != nil {
			t.Fatal(err)
		}
		locks, err := dir.Lock([]string{"sb"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		defer locks.Release()
		patient, late := w.add("patient", "p"), w.add("late", "l")
		patient.BootGrace, late.After = 2*time.Hour, []string{"b"}
		reports := w.run(t, t.Context(), w.add("b", "sa", "sb"), late, patient)
		wantResult(t, reports["b"], report.Held, "another run is at work on service sb: pid ")
		wantResult(t, reports["late"], report.Held, "it comes after 'b', which another run is working on")
		wantResult(t, reports["patient"], report.Held, "less than its boot grace of 2h")
		if !reports["b"].Busy || !reports["late"].Busy || reports["patient"].Busy {
			t.Errorf("busy: %v %v %v", reports["b"].Busy, reports["late"].Busy, reports["patient"].Busy)
		}
		if list, _ := filepath.Glob(w.keeper.RunDir + "/*"); len(list) != 1 {
			t.Errorf("made %v", list)
		}
	})
}

// That a lock cannot be looked at is said, and hides nothing.
func TestWatchingWithALockThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t)
		if err := os.MkdirAll(w.keeper.RunDir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("nowhere", w.keeper.RunDir+"/s.lock"); err != nil {
			t.Fatal(err)
		}
		r := w.run(t, t.Context(), w.add("x", "s"))["x"]
		wantResult(t, r, report.StillDown, "not running")
		if len(r.Notices) != 1 || !strings.HasPrefix(r.Notices[0], "it is unknown whether another run is at work: ") {
			t.Errorf("notices %q", r.Notices)
		}
	})
}

// Each service's manager is asked once, and its answer is everybody's.
func TestOpinions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t)
		var mu sync.Mutex
		var asked []string
		w.keeper.Opinion = func(_ context.Context, service string) (rcd.Opinion, error) {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, service)
			switch service {
			case "one":
				return rcd.Opinion{State: rcd.Running}, nil
			case "two":
				return rcd.Opinion{State: rcd.Stopped, Word: "failed"}, nil
			}
			return rcd.Opinion{}, errors.New("it hangs")
		}
		reports := w.run(t, t.Context(), w.isUp("a", "one", "two"), w.isUp("b", "two", "three"), w.isUp("c"))
		slices.Sort(asked)
		if !slices.Equal(asked, []string{"one", "three", "two"}) {
			t.Errorf("asked %q", asked)
		}
		if got := reports["a"].Services; !slices.Equal(got, []report.Service{{Name: "one", State: "running"}, {Name: "two", State: "stopped", Word: "failed"}}) {
			t.Errorf("a: %+v", got)
		}
		if got := reports["b"].Services; !slices.Equal(got, []report.Service{{Name: "two", State: "stopped", Word: "failed"}, {Name: "three", State: "unknown", Err: "it hangs"}}) {
			t.Errorf("b: %+v", got)
		}
		if len(reports["c"].Services) > 0 {
			t.Errorf("c: %+v", reports["c"].Services)
		}
	})
}

// The kernel's name is enough only for who looks.
func TestNameIsEnoughOnlyForLooking(t *testing.T) {
	for _, watching := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.keeper.Watching = watching
			w.run(t, t.Context(), w.isUp("x", "s"))
			if got := w.lookedAt[0].specs[0].NameIsEnough; got != watching {
				t.Errorf("watching %v: %v", watching, got)
			}
		})
	}
}

// A report tells of each process what was seen of it.
func TestReportedProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t)
		w.keeper.UserName = func(id uint32) string { return map[uint32]string{33: "www-data"}[id] }
		d := w.isUp("x", "s")
		d.Spec.Count = &words.Count{Min: 1, Max: 2}
		v := up(7)
		v.Matches[0].User, v.Matches[0].RSS, v.Matches[0].VMS = 33, 1<<20, 1<<30
		v.Matches[0].Usage = proctable.Usage{Age: time.Minute, CPU: time.Second}
		v.Matches[0].OldImage, v.Matches[0].Stopped = true, true
		v.Matches = append(v.Matches, check.Match{Process: proctable.Process{PID: 8}})
		w.toy("x").verdict = &v
		w.lookTakes = 0
		r := w.run(t, t.Context(), d)["x"]
		want := []report.Process{{
			PID: 7, User: "www-data", Exe: "/sbin/x", Started: time.Now().Add(-time.Minute), CPU: time.Second, RSS: 1 << 20, VMS: 1 << 30,
			OldImage: true, Stopped: true,
		}, {PID: 8}}
		if !slices.Equal(r.Processes, want) || r.Count != (words.Count{Min: 1, Max: 2}) {
			t.Errorf("%+v, %+v", r.Processes, r.Count)
		}
	})
}

// Who asks which processes match asks for nothing else, and at once.
func TestProcessesOnly(t *testing.T) {
	limit := &check.CPULimit{Over: 1}
	d := Daemon{Recheck: time.Second, Spec: check.Spec{Executable: "/x", Listen: []check.Listen{{Network: "tcp", Address: "127.0.0.1:80"}}, PIDFile: &check.PIDFile{}, CPU: limit}}
	if got := d.ProcessesOnly(); got.Recheck != 0 || got.Spec.Listen != nil || got.Spec.PIDFile != nil || got.Spec.CPU != nil || got.Spec.Executable != "/x" {
		t.Errorf("%+v", got)
	} else if want := []string{"tcp://127.0.0.1:80", "its pidfile", "the limit cpu"}; !slices.Equal(got.Unjudged, want) {
		t.Errorf("not judged: %q, want %q", got.Unjudged, want)
	}
	d.Spec.Rule = true
	if got := d.ProcessesOnly(); got.Spec.CPU != limit {
		t.Errorf("a rule without what it is about: %+v", got)
	}
}
