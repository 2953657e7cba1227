package terminal

import (
	"io"
	"sync"
	"time"
)

// Unblocked writes in the background, in order, and never makes the writer wait: a terminal
// that somebody has stopped with Ctrl-S, or a pipe that nobody reads, must not delay the
// work. Text that does not fit into its queue is lost.
type Unblocked struct {
	out io.Writer

	mu     sync.Mutex
	queue  [][]byte
	queued int           // bytes
	idle   chan struct{} // closed once everything is written; nil if everything is
}

// mostQueued is the size of the queue in bytes: some thousand lines.
const mostQueued = 256 << 10

// Unblock returns a writer to out that never waits.
func Unblock(out io.Writer) *Unblocked { return &Unblocked{out: out} }

// Write never fails: errors occur later, in the background.
func (u *Unblocked) Write(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.queued+len(p) > mostQueued {
		return len(p), nil
	}
	u.queue = append(u.queue, append([]byte(nil), p...))
	u.queued += len(p)
	if u.idle == nil {
		u.idle = make(chan struct{})
		go u.pass(u.idle)
	}
	return len(p), nil
}

// pass writes until the queue is empty.
func (u *Unblocked) pass(idle chan<- struct{}) {
	defer close(idle)
	for {
		u.mu.Lock()
		if len(u.queue) == 0 {
			u.idle = nil
			u.mu.Unlock()
			return
		}
		p := u.queue[0]
		u.queue = u.queue[1:]
		u.mu.Unlock()
		_, _ = u.out.Write(p) // there is nobody to report an error to
		u.mu.Lock()
		u.queued -= len(p)
		u.mu.Unlock()
	}
}

// Flush waits until everything is written, at most for patience, and reports whether it is.
func (u *Unblocked) Flush(patience time.Duration) bool {
	u.mu.Lock()
	idle := u.idle
	u.mu.Unlock()
	if idle == nil {
		return true
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-idle:
		return true
	case <-timer.C:
		return false
	}
}
