package keeper

import (
	"context"
	"slices"
	"sync"
)

// turns limits how many daemons are restarted at the same time. Daemons that share a service
// are restarted one after the other.
type turns struct {
	mu        sync.Mutex
	free      int
	inUse     map[string]bool
	queue     []*waiter
	restarted map[string]string // by service: the daemon that it was restarted for
}

type waiter struct {
	order    int
	services []string
	granted  chan struct{}
}

func newTurns(atOnce int) *turns {
	return &turns{free: atOnce, inUse: make(map[string]bool), restarted: make(map[string]string)}
}

// take waits for a turn; waiting tasks are served by order. It returns false if ctx ends
// first.
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
	if granted && ctx.Err() != nil { // both happened at the same time
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

// busy reports whether any of the services is having its turn.
func (t *turns) busy(services []string) bool { return len(t.idle(services)) < len(services) }

// idle lists the services that are not having their turn.
func (t *turns) idle(services []string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(services), func(s string) bool { return t.inUse[s] })
}

// grant gives a turn to every waiting task that may have one.
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

// restartedFor returns the daemon for which this run has restarted a service; "" if none.
func (t *turns) restartedFor(service string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.restarted[service]
}

// claim records that a service is about to be restarted for a daemon. It returns the daemon
// for which this run has done that before, or else the given name.
func (t *turns) claim(service, daemon string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if by, done := t.restarted[service]; done {
		return by
	}
	t.restarted[service] = daemon
	return daemon
}
