package terminal

import (
	"io"
	"sync"
	"time"
)

// Unblocked passes on what is written to it, in order, and never makes the writer
// wait: a terminal that somebody has stopped by Ctrl-S, or a pipe that nobody reads,
// must not hold up the work. What does not fit into its queue is lost.
type Unblocked struct {
	out io.Writer

	mu     sync.Mutex
	queue  [][]byte
	queued int           // bytes
	idle   chan struct{} // closed once all is written; nil if it is
}

// mostQueued is some thousand lines, in bytes.
const mostQueued = 256 << 10

// Unblock makes a writer that never waits.
func Unblock(out io.Writer) *Unblocked { return &Unblocked{out: out} }

// Write never fails: what has become of the text shows later.
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

// pass writes until nothing is left.
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
		_, _ = u.out.Write(p) // nobody could be told
		u.mu.Lock()
		u.queued -= len(p)
		u.mu.Unlock()
	}
}

// Flush waits until all was written, for some time at most, and reports whether it was.
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
