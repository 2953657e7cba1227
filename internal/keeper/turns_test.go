package keeper

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// taker is one that wants a turn, for a time.
type taker struct {
	services []string
	at, uses time.Duration
	patience time.Duration // 0: for ever
	got      bool
	ended    time.Duration
}

// useTurns has all take their turns, and sees that no more are at work than may
// be, and no two that share a service.
func useTurns(t *testing.T, atOnce int, users []*taker) {
	t.Helper()
	turns := newTurns(atOnce)
	var mu sync.Mutex
	atWork := 0
	inUse := make(map[string]int)
	began := time.Now()
	var all sync.WaitGroup
	for i, u := range users {
		all.Go(func() {
			time.Sleep(u.at)
			ctx := context.Background()
			if u.patience > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, u.patience)
				defer cancel()
			}
			u.got = turns.take(ctx, i, u.services)
			if !u.got {
				u.ended = time.Since(began)
				return
			}
			defer func() { u.ended = time.Since(began) }()
			defer turns.give(u.services)
			mu.Lock()
			if atWork++; atWork > atOnce {
				t.Errorf("%d at work, and %d may be", atWork, atOnce)
			}
			for _, s := range u.services {
				if inUse[s]++; inUse[s] > 1 {
					t.Errorf("%d use %s", inUse[s], s)
				}
			}
			mu.Unlock()
			time.Sleep(u.uses)
			mu.Lock()
			defer mu.Unlock()
			atWork--
			for _, s := range u.services {
				inUse[s]--
			}
		})
	}
	all.Wait()
	if turns.free != atOnce || len(turns.inUse) > 0 || len(turns.queue) > 0 {
		t.Errorf("left behind: %d free of %d, in use %v, %d waiting", turns.free, atOnce, turns.inUse, len(turns.queue))
	}
}

func TestTurnsAtRandom(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			atOnce := 1 + rnd.IntN(5)
			var users []*taker
			for range 1 + rnd.IntN(30) {
				u := &taker{at: randomTime(rnd), uses: randomTime(rnd)}
				for s := range 6 {
					if rnd.IntN(3) == 0 {
						u.services = append(u.services, fmt.Sprint(s))
					}
				}
				if rnd.IntN(4) == 0 {
					u.patience = time.Nanosecond + randomTime(rnd)
				}
				users = append(users, u)
			}
			useTurns(t, atOnce, users)
			for _, u := range users {
				if u.patience == 0 && !u.got {
					t.Errorf("seed %d: %+v had no turn", seed, u)
				}
				if !u.got && u.ended != u.at+u.patience {
					t.Errorf("seed %d: %+v left the queue at %v", seed, u, u.ended)
				}
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		})
	}
}

// randomTime has many that are the same.
func randomTime(rnd *rand.Rand) time.Duration {
	return time.Duration(rnd.IntN(6)) * 100 * time.Millisecond
}

// A free turn is not kept for one that cannot use it yet.
func TestTurnsPassByOneThatWaitsForAService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		users := []*taker{
			{services: []string{"a"}, uses: time.Minute},
			{services: []string{"a"}, at: time.Second, uses: time.Second},
			{services: []string{"b"}, at: 2 * time.Second, uses: time.Second},
		}
		useTurns(t, 2, users)
		for i, want := range []time.Duration{time.Minute, time.Minute + time.Second, 3 * time.Second} {
			if users[i].ended != want {
				t.Errorf("%d ended at %v, want %v", i, users[i].ended, want)
			}
		}
	})
}

// Those that wait go in the order of the configuration, not in that in which they
// have come.
func TestTurnsKeepTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		users := []*taker{
			{at: 3 * time.Second, uses: time.Second},
			{at: 2 * time.Second, uses: time.Second},
			{at: time.Second, uses: time.Second},
			{uses: 10 * time.Second},
		}
		useTurns(t, 1, users)
		for i, want := range []time.Duration{11, 12, 13, 10} {
			if got := users[i].ended; got != want*time.Second {
				t.Errorf("%d ended at %v, want %v s", i, got, want)
			}
		}
	})
}

// One that leaves the queue makes way: nobody waits for its services.
func TestTurnsAreNotKeptForThoseThatLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		users := []*taker{
			{services: []string{"a"}, uses: 10 * time.Second},
			{services: []string{"a", "b"}, at: time.Second, patience: time.Second, uses: time.Hour},
			{services: []string{"b"}, at: 3 * time.Second, uses: time.Second},
		}
		useTurns(t, 3, users)
		if users[1].got || users[1].ended != 2*time.Second || users[2].ended != 4*time.Second {
			t.Errorf("%+v, %+v", *users[1], *users[2])
		}
	})
}

func TestClaimIsTheFirsts(t *testing.T) {
	turns := newTurns(1)
	var got []string
	for _, daemon := range []string{"x", "y", "x"} {
		got = append(got, turns.claim("s", daemon))
	}
	if by := turns.claim("other", "y"); !slices.Equal(got, []string{"x", "x", "x"}) || by != "y" {
		t.Errorf("%q, %q", got, by)
	}
}

// For the race detector: many at the same real time.
func TestTurnsUnderLoad(t *testing.T) {
	var users []*taker
	for i := range 300 {
		users = append(users, &taker{
			services: []string{fmt.Sprint(i % 7), fmt.Sprint(i % 11)},
			uses:     time.Duration(i%3) * time.Microsecond,
		})
	}
	for _, u := range users {
		u.services = slices.Compact(u.services)
	}
	useTurns(t, 8, users)
	for i, u := range users {
		if !u.got {
			t.Errorf("%d had no turn", i)
		}
	}
}
