package keeper

import (
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
)

// Another run that is at work on one of its other services is still left to it.
func TestAnothersLockBesideOurOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		a, b := w.isUp("a", "s"), w.isUp("b", "s", "sb")
		b.Policy = policy()
		w.barren("s")
		w.barren("sb")
		w.again(t, a, b)
		time.Sleep(10 * time.Minute)
		w.dies("b")
		wantResult(t, w.again(t, b)["b"], report.StillDown, "")
		w.dies("a")
		w.brings("s", "a")
		w.services["s"].startIs = 20 * time.Second // b is looked at meanwhile
		b.Recheck = 10 * time.Second
		dir, err := state.OpenDir(w.keeper.RunDir)
		if err != nil {
			t.Fatal(err)
		}
		locks, err := dir.Lock([]string{"sb"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		defer locks.Release()
		r := w.again(t, a, b)["b"]
		wantResult(t, r, report.Held, "another run is at work on service sb: pid ")
		if !r.Busy {
			t.Errorf("%+v", r)
		}
	})
}
