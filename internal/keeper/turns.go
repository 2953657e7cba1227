package keeper

import (
	"context"
	"slices"
	"sync"
)

// turns gives each daemon its turn to be restarted: no more than a number at the
// same time, and of those that share a service one after the other.
type turns struct {
	mu        sync.Mutex
	free      int
	inUse     map[string]bool
	queue     []*waiter
	restarted map[string]string // by service: the daemon for which it was restarted
}

type waiter struct {
	order    int
	services []string
	granted  chan struct{}
}

func newTurns(atOnce int) *turns {
	return &turns{free: atOnce, inUse: make(map[string]bool), restarted: make(map[string]string)}
}

// take waits for a turn; among those that wait, order decides. It is false if ctx
// has ended before.
func (t *turns) take(ctx context.Context, order int, services []string) bool {
	w := &waiter{order, services, make(chan struct{})}
	t.mu.Lock()
	at, _ := slices.BinarySearchFunc(t.queue, order, func(w *waiter, order int) int { return w.order - order })
	t.queue = slices.Insert(t.queue, at, w)
	t.grant()
	t.mu.Unlock()
	select {
	case <-w.granted:
	case <-ctx.Done():
	}
	t.mu.Lock()
	i := slices.Index(t.queue, w)
	if i >= 0 {
		t.queue = slices.Delete(t.queue, i, i+1)
	}
	t.mu.Unlock()
	granted := i < 0
	if granted && ctx.Err() != nil { // both at the same time
		t.give(services)
		return false
	}
	return granted
}

// give ends a turn.
func (t *turns) give(services []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free++
	for _, s := range services {
		delete(t.inUse, s)
	}
	t.grant()
}

// busy reports whether one of the services has its turn.
func (t *turns) busy(services []string) bool { return len(t.idle(services)) < len(services) }

// idle are those of the services that do not have their turn.
func (t *turns) idle(services []string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(services), func(s string) bool { return t.inUse[s] })
}

// grant lets all go that may.
func (t *turns) grant() {
	t.queue = slices.DeleteFunc(t.queue, func(w *waiter) bool {
		if t.free == 0 || slices.ContainsFunc(w.services, func(s string) bool { return t.inUse[s] }) {
			return false
		}
		t.free--
		for _, s := range w.services {
			t.inUse[s] = true
		}
		close(w.granted)
		return true
	})
}

// restartedFor is the daemon for which this run has restarted a service; "" if none.
func (t *turns) restartedFor(service string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.restarted[service]
}

// claim notes that a service is about to be restarted for a daemon, and returns
// the daemon for which that was done before in this run, or its own name.
func (t *turns) claim(service, daemon string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if by, done := t.restarted[service]; done {
		return by
	}
	t.restarted[service] = daemon
	return daemon
}
