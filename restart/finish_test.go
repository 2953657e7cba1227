package restart

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// What is left of a procedure are starts, of these services and in this order.
func TestFinishStartsWhatWasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pids = from(5*time.Second, 7)
		o := procedure("a", "b", "c").Finish(t.Context(), []string{"c", "a"}, w, w, w)
		if want := []string{"start c", "start a"}; !slices.Equal(w.log, want) {
			t.Errorf("ran %q, want %q", w.log, want)
		}
		if want := []string{"begin start c", "end start c", "begin start a", "end start a", "begin to wait", "end to wait"}; !slices.Equal(w.witness, want) {
			t.Errorf("saw %q, want %q", w.witness, want)
		}
		if !o.Up() || o.Interrupted || len(o.Steps) != 2 || o.Steps[1].Service != "a" || o.Steps[1].Timeout != 180*time.Second || w.deadline["start c"] != 180*time.Second {
			t.Errorf("outcome %+v, time limits %v", o, w.deadline)
		}
	})
}

// A start that fails keeps none of the others from being tried, and proves nothing.
func TestFinishWithAStartThatFails(t *testing.T) {
	for _, up := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.fail["start a"] = errors.New("cannot start")
			if up {
				w.pids = always(7)
			}
			began := time.Now()
			o := procedure().Finish(t.Context(), []string{"a", "b"}, w, w, w)
			if len(w.log) != 2 || o.Steps[0].Err == nil || o.Up() != up {
				t.Errorf("ran %q: %+v", w.log, o)
			}
			if took := time.Since(began); !up && took != 30*time.Second || up && took != 2*time.Second {
				t.Errorf("up %v: took %v", up, took)
			}
		})
	}
}

// A start that runs out of time is slow if the daemon is up.
func TestFinishWithASlowStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.takes["start a"] = time.Hour
		w.pids = always(7)
		if o := procedure().Finish(t.Context(), []string{"a"}, w, w, w); !o.Steps[0].Slow || o.Steps[0].Took != 180*time.Second || !o.Up() {
			t.Errorf("%+v", o)
		}
	})
}

// A signal keeps nothing from being started that was left stopped, and shortens the
// wait.
func TestFinishThatIsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := newWorld(t)
		w.takes["start a"] = 10 * time.Second
		w.onBegin = func(Step) { cancel() }
		began := time.Now()
		o := procedure().Finish(ctx, []string{"a", "b"}, w, w, w)
		if !slices.Equal(w.log, []string{"start a", "start b"}) || o.Steps[0].Err != nil || !o.Interrupted {
			t.Errorf("ran %q: %+v", w.log, o)
		}
		if took := time.Since(began); took != 12*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// Nothing left: only the daemon is waited for.
func TestFinishOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pids = always(7)
		if o := procedure("a").Finish(t.Context(), nil, w, w, w); len(w.log) > 0 || !o.Up() {
			t.Errorf("ran %q: %+v", w.log, o)
		}
	})
}
