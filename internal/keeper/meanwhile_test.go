package keeper

import (
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

// A pause that is given while a daemon waits for its turn is heeded.
func TestPausedWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		w.keeper.AtOnce = 1
		var daemons []Daemon
		for _, name := range []string{"a", "b"} { // either may be the first
			d := w.add(name, "s"+name)
			d.Respect = words.Wishes()
			w.services["s"+name].stopTakes = 10 * time.Second
			daemons = append(daemons, d)
		}
		done := make(chan []report.Daemon)
		go func() { done <- w.keeper.Run(t.Context(), daemons) }()
		time.Sleep(5 * time.Second)
		must(t, w.keeper.Store.Pause(past.Pause{Name: past.AllPaused, From: w.now(), By: "eve"}))
		list := <-done
		if list[0].Result == report.Held {
			list[0], list[1] = list[1], list[0]
		}
		wantResult(t, list[0], report.BroughtBack, "")
		wantResult(t, list[1], report.Held, "it is paused by eve")
		if len(w.steps) != 2 {
			t.Errorf("did %s", w.did())
		}
	})
}
