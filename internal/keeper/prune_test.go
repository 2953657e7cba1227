package keeper

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
)

// A daemon that is taken out of the configuration while it is down is not down for
// ever.
func TestRemovedIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		a, b, c := w.isUp("a", "s"), w.isUp("b", "t"), w.isUp("c", "u")
		a.Policy = policy()
		w.again(t, a, b, c)
		w.dies("a")
		w.barren("s")
		wantResult(t, w.again(t, a, b, c)["a"], report.StillDown, "it did not appear within 30s")
		time.Sleep(time.Minute)

		for _, do := range []struct {
			what          string
			whole, dryRun bool
		}{{"a run for some", false, false}, {"a dry run", true, true}} {
			w.keeper.Whole, w.keeper.DryRun = do.whole, do.dryRun
			w.again(t, b)
			if m := w.known(t, "a"); m.Incident == nil || w.known(t, "c").Known.IsZero() {
				t.Errorf("%s has forgotten a or c: %+v", do.what, m)
			}
		}

		w.keeper.Whole, w.keeper.DryRun = true, false
		w.again(t, b)
		if m := w.known(t, "a"); m.Incident != nil || !m.Known.IsZero() || !w.known(t, "c").Known.IsZero() {
			t.Errorf("not forgotten: %+v", m)
		}
		if w.known(t, "b").Known.IsZero() {
			t.Error("b is forgotten, which is still kept")
		}
		list := w.ledger(t)
		if len(list) != 1 || list[0].Daemon != "a" || list[0].Outcome != "removed" || list[0].Seconds < 60 || !list[0].Up.IsZero() {
			t.Errorf("the ledger has %+v", list)
		}
		w.again(t, b)
		if list := w.ledger(t); len(list) != 1 {
			t.Errorf("it is written down again: %+v", list)
		}
	})
}

// What another run has remembered meanwhile is still kept by somebody.
func TestRemovedAndPutBackIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := w.remembers(t)
		a, b := w.isUp("a", "s"), w.isUp("b", "t")
		w.again(t, a, b)
		w.dies("b")
		w.keeper.Whole = true
		meanwhile := false
		w.services["t"].startIs = 5 * time.Second
		w.keeper.Tell = func(context.Context, []Transition) { // while b is being started
			if meanwhile {
				return
			}
			meanwhile = true
			must(t, store.Update("", false, func(all map[string]past.Daemon) {
				d := all["a"]
				d.LastUp = w.now()
				all["a"] = d
			}))
		}
		w.again(t, b)
		if !meanwhile || w.known(t, "a").Known.IsZero() {
			t.Errorf("meanwhile: %v; it is forgotten: %+v", meanwhile, w.known(t, "a"))
		}
	})
}

// A memory that cannot be written keeps what it has, and nobody is told that something
// has ended, which would be told again each minute.
func TestRemovedAndMemoryThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := w.remembers(t)
		a, b := w.isUp("a", "s"), w.isUp("b", "t")
		a.Policy = policy()
		w.again(t, a, b)
		w.dies("a")
		w.barren("s")
		w.again(t, a, b)
		w.keeper.Whole = true
		spoil(t, store.Path())
		w.again(t, b)
		if strings.Contains(w.logged(), "no longer kept") || len(w.ledger(t)) > 0 {
			t.Errorf("the ledger has %+v, the log\n%s", w.ledger(t), w.logged())
		}
		mend(t, store.Path())
		w.again(t, b)
		if !strings.Contains(w.logged(), "'a' is no longer kept; it was down for ") || len(w.ledger(t)) != 1 {
			t.Errorf("mended: the ledger has %+v, the log\n%s", w.ledger(t), w.logged())
		}
	})
}
