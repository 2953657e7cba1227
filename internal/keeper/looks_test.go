package keeper

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
)

// Each gets the verdict on its own Spec, of a look that has begun after it asked
// for it, and with all processes if it wants them.
func TestLooksAtRandom(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			takes := time.Duration(rnd.IntN(3)) * 10 * time.Millisecond
			var mu sync.Mutex
			count, atWork := 0, 0
			l := &looks{look: func(_ context.Context, specs []check.Spec, opts check.Options) []check.Verdict {
				mu.Lock()
				count++
				if atWork++; atWork > 1 {
					t.Error("two looks at the same time")
				}
				mu.Unlock()
				began := time.Now()
				time.Sleep(takes)
				mu.Lock()
				defer mu.Unlock()
				atWork--
				var list []check.Verdict
				for _, s := range specs {
					list = append(list, check.Verdict{State: check.Up, Err: &answer{s.Executable, began, opts.Full}})
				}
				return list
			}}
			var all sync.WaitGroup
			n := 1 + rnd.IntN(40)
			for i := range n {
				at, full := time.Duration(rnd.IntN(5))*7*time.Millisecond, rnd.IntN(2) == 0
				all.Go(func() {
					time.Sleep(at)
					asked, name := time.Now(), fmt.Sprint(i)
					v := l.one(t.Context(), check.Spec{Executable: name}, check.Options{Full: full})
					var a *answer
					switch {
					case !errors.As(v.Err, &a):
						t.Errorf("got %+v", v)
					case a.executable != name:
						t.Errorf("%s got the verdict of %s", name, a.executable)
					case a.began.Before(asked):
						t.Errorf("%s asked at %v, and the look was begun at %v", name, asked, a.began)
					case full && !a.full:
						t.Errorf("%s wants all processes", name)
					}
				})
			}
			all.Wait()
			if count > n {
				t.Errorf("%d looks for %d", count, n)
			}
			synctest.Wait()
			if l.busy || len(l.waiting) > 0 {
				t.Errorf("left behind: busy %v, %d waiting", l.busy, len(l.waiting))
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		})
	}
}

// answer is what a look was about.
type answer struct {
	executable string
	began      time.Time
	full       bool
}

func (a *answer) Error() string { return a.executable }

// Those that ask while a look is being taken share the next.
func TestLooksAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		l := &looks{look: func(_ context.Context, specs []check.Spec, _ check.Options) []check.Verdict {
			sizes = append(sizes, len(specs))
			time.Sleep(time.Second)
			return make([]check.Verdict, len(specs))
		}}
		var all sync.WaitGroup
		for i := range 21 {
			all.Go(func() {
				if i > 0 {
					time.Sleep(500 * time.Millisecond)
				}
				l.one(t.Context(), check.Spec{}, check.Options{})
			})
		}
		all.Wait()
		if len(sizes) != 2 || sizes[0] != 1 || sizes[1] != 20 {
			t.Errorf("looks at %v", sizes)
		}
	})
}

// A look outlives the interruption of the one that has asked for it, and has a
// limit of its own.
func TestLookHasItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		l := &looks{look: func(ctx context.Context, specs []check.Spec, _ check.Options) []check.Verdict {
			if ctx.Err() != nil {
				t.Error("ended before it has begun")
			}
			<-ctx.Done()
			return []check.Verdict{unclear(context.Cause(ctx))}
		}}
		began := time.Now()
		v := l.one(ctx, check.Spec{}, check.Options{})
		if took := time.Since(began); took != lookTime || v.Err.Error() != "it took longer than 30s" {
			t.Errorf("after %v: %v", took, v.Err)
		}
	})
}
