package proctable

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Files touches files: those of the configuration, and those that a process names. One
// that does not answer is an error of that file, in bounded time.
//
// A file of a file system that others serve is touched by a small process of our own
// (peek), because a thread of ours that waits there would keep us from ending, even if
// we are killed.
type Files struct {
	stalls *stalls
	peeks  *peeks // nil: everything is touched directly

	mu      sync.Mutex             // also a call that an earlier look has left behind reads these
	points  mountPoints            // of our own mount namespace
	spaces  map[string]mountPoints // of others, by their links in /proc/PID/ns
	stalled time.Duration          // that our own files have kept this look waiting
	until   time.Time              // when this look waits for no peek any longer
}

// How long the daemons' own files may take, all together.
const ownPatience = 800 * time.Millisecond

func NewFiles(spareThreads int) *Files {
	return &Files{stalls: newStalls(spareThreads), spaces: make(map[string]mountPoints), peeks: newPeeks()}
}

// Directly touches everything directly.
func Directly() *Files { return &Files{stalls: newStalls(UsualThreads)} }

// Begin begins a look: what kept an earlier one waiting is forgotten, unless it is still under way.
func (f *Files) Begin() {
	f.stalls.begin()
	var points mountPoints
	if f.peeks != nil {
		points = ourMounts()
		f.peeks.forget()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.points, f.stalled, f.until = points, 0, time.Now().Add(ownPatience)
	clear(f.spaces)
}

// served are the mount points of our own that others serve.
func (f *Files) served() mountPoints {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.points
}

// Leads reports whether a path leads to a file that others serve.
func (f *Files) Leads(path string) bool { return f.served().lead(path) }

// Ahead begins to touch a file that others serve before the answer is needed. So several files
// that do not answer delay us no longer than one.
func (f *Files) Ahead(how, path string) {
	if f.Leads(path) {
		_, _ = f.peeks.begin(how, path) // Ask returns the error
	}
}

// ErrSilent is the error for a file that did not answer in time.
var ErrSilent = errors.New("its file system does not answer")

// Answers returns nil if a file can be touched directly: it is local, or its server has just
// answered.
func (f *Files) Answers(path string) error {
	if !f.Leads(path) {
		return nil
	}
	f.peeks.forget() // what it has answered before
	return f.peeks.ask(peekStat, path, time.Now().Add(ownPatience), new(peekStatus))
}

// Ask starts a peek that touches a file, and waits for its answer until the look's time for
// peeks is over.
func (f *Files) Ask(how, path string, answer any) error {
	f.mu.Lock()
	until := f.until
	f.mu.Unlock()
	return f.peeks.ask(how, path, until, answer)
}

// leave notes that a call is left behind.
func (f *Files) leave(c call) {
	if !c.ours {
		f.stalls.leave(c)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stalled += c.limit
}

// Own makes a call on one of our own files, as wait does. It is charged to no user's account.
// The time that such calls have taken is missing for the next ones.
func Own[T any](f *Files, path string, do func() (T, error)) (T, error) {
	const least = 20 * time.Millisecond
	f.mu.Lock()
	limit := max(ownPatience-f.stalled, least)
	f.mu.Unlock()
	c := call{what: path, ours: true, began: time.Now(), limit: limit}
	a, ok := await(f.stalls, c, do, f.leave, func() {})
	if ok {
		return a.value, a.err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return a.value, fmt.Errorf("%w within %v", ErrSilent, f.stalled)
}

// UsualThreads is how many threads may be left behind unless the caller sets a limit.
const UsualThreads = 48
