package keeper

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
)

// telling counts how often somebody is told.
func telling(n *int) func(context.Context, []Transition) {
	var mu sync.Mutex
	return func(context.Context, []Transition) {
		mu.Lock()
		defer mu.Unlock()
		*n++
	}
}

// ears note what is told, and when; it takes a while to be told.
type ears struct {
	mu    sync.Mutex
	heard [][]Transition
	at    []time.Time
	takes time.Duration
}

func (e *ears) tell(_ context.Context, list []Transition) {
	e.mu.Lock()
	e.heard, e.at = append(e.heard, slices.Clone(list)), append(e.at, time.Now())
	e.mu.Unlock()
	time.Sleep(e.takes)
}

// since is what was told since the last time, one word for each message.
func (e *ears) since() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var words []string
	for _, list := range e.heard {
		var parts []string
		for _, x := range list {
			parts = append(parts, string(x.Kind)+" "+x.Daemon.Name)
		}
		words = append(words, strings.Join(parts, "+"))
	}
	e.heard, e.at = nil, nil
	return strings.Join(words, ",")
}

func listening(t *testing.T) (*world, *ears) {
	w, e := newWorld(t), new(ears)
	w.remembers(t)
	w.keeper.Tell = e.tell
	return w, e
}

// Somebody is told when an incident begins, each time of reminding while it lasts, and
// when it ends.
func TestToldOfAnIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		w.keeper.Remind = 30 * time.Minute
		d := w.add("a", "s")
		d.Policy = policy()
		w.barren("s")
		told := make(map[int]string)
		for minute := range 100 {
			w.untilMinute(minute)
			if minute == 99 {
				w.comesUp("a")
			}
			w.again(t, d)
			first := Transition{}
			if len(e.heard) > 0 {
				first = e.heard[0][0]
			}
			switch minute {
			case 0:
				if first.Downtime != 0 || first.Daemon.Reason != "not running" || first.Daemon.Result != report.StillDown || !about(e.at[0].Sub(w.began), d.Recheck+gathering) {
					t.Errorf("at %v: %+v", e.at, first)
				}
			case 60:
				if !about(first.Downtime, time.Hour) || first.Daemon.Result != report.StillDown {
					t.Errorf("%+v", first)
				}
			case 99:
				if !about(first.Downtime, 99*time.Minute-d.Recheck) || first.Daemon.Result != report.Up {
					t.Errorf("%+v", first)
				}
			}
			if words := e.since(); words != "" {
				told[minute] = words
			}
		}
		if want := "map[0:begin a 30:reminder a 60:reminder a 90:reminder a 99:end a]"; fmt.Sprint(told) != want {
			t.Errorf("told %v, want %v", told, want)
		}
	})
}

// Without a time of reminding nobody is reminded.
func TestNotReminded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		d := w.add("a", "s")
		w.barren("s")
		for range 3 {
			w.again(t, d)
			time.Sleep(1000 * time.Hour)
		}
		if got := e.since(); got != "begin a" {
			t.Errorf("told %s", got)
		}
	})
}

// A beginning and its end in one run are told one after the other, or together.
func TestToldOfAShortIncident(t *testing.T) {
	for after, want := range map[time.Duration]string{0: "begin a,end a", 10 * time.Second: "begin a,end a"} {
		synctest.Test(t, func(t *testing.T) {
			w, e := listening(t)
			d := w.add("a", "s")
			d.Settle, w.services["s"].after = 0, after
			w.again(t, d)
			last := e.heard[len(e.heard)-1]
			if end := last[len(last)-1]; end.Daemon.Result != report.BroughtBack || len(end.Daemon.Steps) != 2 || end.Downtime < 200*time.Millisecond {
				t.Errorf("%+v", end)
			}
			if got := e.since(); got != want {
				t.Errorf("told %s, want %s", got, want)
			}
		})
	}
}

// Twenty at once are one message, and so are their ends.
func TestTwentyAreOneMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		w.keeper.AtOnce = 2
		var daemons []Daemon
		for i, n := range names(20) {
			d := w.add(n, n)
			d.Recheck += time.Duration(i) * 40 * time.Millisecond
			daemons = append(daemons, d)
		}
		w.again(t, daemons...)
		if len(e.heard) != 2 || len(e.heard[0]) != 20 || len(e.heard[1]) != 20 || e.heard[0][0].Kind != words.Begin || e.heard[1][7].Kind != words.End {
			t.Errorf("told %s", e.since())
		}
	})
}

// One that comes later than the others is a message of its own.
func TestOneThatComesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		a, b := w.add("a", "s"), w.add("b", "sb")
		w.barren("s")
		w.barren("sb")
		b.Recheck = 5 * time.Second
		w.again(t, a, b)
		if got := e.since(); got != "begin a,begin b" {
			t.Errorf("told %s", got)
		}
	})
}

// A hook that hangs delays no restart, and the run waits for it at its end.
func TestHookThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		e.takes = 10 * time.Minute
		w.again(t, w.add("a", "s"), w.add("b", "sb"))
		for _, service := range []string{"s", "sb"} {
			if s := w.at(t, "start "+service); s.to > 3*time.Second {
				t.Errorf("%v ended after %v", s, s.to)
			}
		}
		if len(e.heard) != 2 || len(e.heard[0]) != 2 || len(e.heard[1]) != 2 {
			t.Errorf("told %s", e.since())
		}
		if took := time.Since(w.began); took < 20*time.Minute {
			t.Errorf("the run ended after %v", took)
		}
	})
}

// What is remembered does not wait for a hook: a run that is killed in it has not
// forgotten what it has done.
func TestHookThatHangsKeepsNothingFromBeingRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		d := w.add("a", "s")
		w.barren("s")
		w.again(t, d)
		w.comesUp("a")
		e.takes = time.Hour
		done := make(chan struct{})
		go func() {
			w.again(t, d)
			close(done)
		}()
		time.Sleep(time.Minute)
		if m := w.known(t, "a"); m.Incident != nil || len(w.ledger(t)) != 1 {
			t.Errorf("%+v", m)
		}
		<-done
	})
}

// Of one that is only watched people are told, too.
func TestToldOfOneWithoutServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		d := w.add("a")
		w.again(t, d)
		w.again(t, d)
		w.toy("a").up = true
		w.again(t, d)
		if got := e.since(); got != "begin a,end a" {
			t.Errorf("told %s", got)
		}
		if i := w.ledger(t)[0]; i.Tries != 0 || i.Outcome != "came_back" {
			t.Errorf("%+v", i)
		}
	})
}

// One that is not restarted because of another is told of with that reason.
func TestToldOfOneThatComesAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		a, b := w.add("a", "s"), w.add("b", "sb")
		b.After = []string{"a"}
		w.barren("s")
		w.again(t, a, b)
		if got := e.heard[1][0].Daemon.Reason; got != "it comes after 'a', which is down" {
			t.Errorf("reason %q", got)
		}
		if got := e.since(); got != "begin a,begin b" {
			t.Errorf("told %s", got)
		}
	})
}

// Nobody is told of what is held, or cannot be told, or whose run has not the right to
// act; when it is no longer held, somebody is.
func TestNotToldOfWhatIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		a, b := w.add("a", "s"), w.add("b", "sb")
		a.Respect, b.After = words.Wishes(), []string{"a"}
		w.pause(t, past.Pause{Name: "a", For: time.Minute})
		w.barren("s")
		w.again(t, a, b)
		if got := e.since(); got != "" {
			t.Errorf("told %s", got)
		}
		time.Sleep(time.Minute)
		w.again(t, a)
		if got := e.since(); got != "begin a" {
			t.Errorf("told %s", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		w.keeper.NeedsRoot = true
		w.again(t, w.add("a", "s"))
		if got := e.since(); got != "" {
			t.Errorf("told %s", got)
		}
	})
}

// Somebody who was told of the beginning is told of the end, held or not.
func TestToldOfTheEndOfWhatWasHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		w.keeper.Remind = time.Minute
		d := w.add("a", "s")
		d.Respect = words.Wishes()
		w.barren("s")
		w.again(t, d)
		w.pause(t, past.Pause{Name: "a"})
		time.Sleep(time.Hour)
		w.again(t, d)
		w.comesUp("a")
		w.again(t, d)
		if got := e.since(); got != "begin a,end a" {
			t.Errorf("told %s", got)
		}
	})
}

// What cannot be remembered would be told each minute, so it is not told at all.
func TestNotToldOfWhatCannotBeRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		d, spoilt := w.isUp("a", "s"), w.add("b", "sb")
		w.barren("sb")
		w.again(t, d, spoilt)
		if got := e.since(); got != "begin b" {
			t.Errorf("told %s", got)
		}
		spoil(t, w.keeper.Store.Path())
		w.dies("a")
		w.barren("s")
		w.comesUp("b")
		for range 3 {
			w.again(t, d, spoilt)
		}
		if got := e.since(); got != "" {
			t.Errorf("told %s", got)
		}
		mend(t, w.keeper.Store.Path())
		w.again(t, d, spoilt)
		if got := e.since(); got != "begin a,end b" {
			t.Errorf("told %s", got)
		}
		if list := w.ledger(t); len(list) != 1 || list[0].Daemon != "b" {
			t.Errorf("the ledger has %+v", list)
		}
	})
}

// Two runs at the same time tell once.
func TestTwoRunsTellOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		d := w.add("a", "s")
		w.services["s"].after = 5 * time.Second // so that the other one finds it down, too
		other := w.another(t)
		done := make(chan []report.Daemon)
		go func() { done <- w.keeper.Run(t.Context(), []Daemon{d}) }()
		time.Sleep(time.Second)
		other.Run(t.Context(), []Daemon{d})
		<-done
		if got := e.since(); got != "begin a,end a" {
			t.Errorf("told %s", got)
		}
		if list := w.ledger(t); len(list) != 1 {
			t.Errorf("the ledger has %+v", list)
		}
	})
}

// Who brings it back tells of the end, though another run has told of the beginning.
func TestEndIsToldByWhoActs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		d := w.add("a", "s")
		slow := d
		slow.Recheck = 5 * time.Second
		other := w.another(t)
		done := make(chan []report.Daemon)
		go func() { done <- w.keeper.Run(t.Context(), []Daemon{slow}) }()
		time.Sleep(time.Second)
		dir, err := state.OpenDir(w.keeper.RunDir)
		must(t, err)
		locks, err := dir.Lock([]string{"s"}, time.Now())
		must(t, err)
		wantResult(t, other.Run(t.Context(), []Daemon{d})[0], report.Held, "another run is at work")
		locks.Release()
		wantResult(t, (<-done)[0], report.BroughtBack, "")
		if got := e.since(); got != "begin a,end a" {
			t.Errorf("told %s", got)
		}
	})
}

// Who has a memory and nobody to tell says nothing.
func TestNobodyToTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		wantResult(t, w.again(t, w.add("a", "s"))["a"], report.BroughtBack, "")
		if took := time.Since(w.began); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
