package proctable

import (
	"fmt"
	"sync"
	"time"
)

// stalls makes the calls that may never return: the kernel waits for a lock that
// another process holds, or for the server of a network file system. Such a call cannot
// be ended, only left behind, with the thread that makes it.
//
// Waiting is charged to the user whose process it is. A user whose account is used up is
// not waited for again in this look. Root has an account that no other user can use up.
type stalls struct {
	spare int // threads that may be left behind, by all together

	mu      sync.Mutex
	spent   map[uint32]time.Duration // in this look
	total   time.Duration            // of that, by all but root
	behind  map[string]uint32        // calls that were left behind, and whose they are
	attempt *attempt                 // not nil: calls are made in the thread that looks
}

const (
	userPatience = 500 * time.Millisecond // for all processes of one user in a look
	lookPatience = 800 * time.Millisecond // for all processes of all users but root
	rootPatience = time.Second

	userBehind = 8 // threads that wait for one user's processes, each with 40 KiB or so
)

func newStalls(spareThreads int) *stalls {
	return &stalls{spare: spareThreads, spent: make(map[uint32]time.Duration), behind: make(map[string]uint32)}
}

// begin begins a look: all accounts are full again. Calls of earlier looks that have not
// returned are still left behind.
func (s *stalls) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.spent)
	s.total = 0
}

// left is how long one more call for a user's process may take. 0: the call must not be made.
func (s *stalls) left(user uint32, what string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, waits := s.behind[what]; waits {
		return 0
	}
	theirs, others := 0, 0
	for _, u := range s.behind {
		switch u {
		case user:
			theirs++
		case 0:
		default:
			others++
		}
	}
	switch {
	case theirs >= userBehind, len(s.behind) >= s.spare:
		return 0
	case user == 0:
		return rootPatience - s.spent[0]
	case theirs+others >= max(s.spare-userBehind, s.spare/2): // the rest is root's
		return 0
	}
	return min(userPatience-s.spent[user], lookPatience-s.total)
}

// took notes how long a call has kept us waiting.
func (s *stalls) took(user uint32, d time.Duration) {
	s.spent[user] += d
	if user != 0 {
		s.total += d
	}
}

func (s *stalls) tookSince(user uint32, began time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took(user, time.Since(began))
}

// leave notes that a call is left behind, with the thread that makes it.
func (s *stalls) leave(c call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took(c.user, c.limit)
	s.behind[c.what] = c.user
}

// attempted is the attempt that is under way; nil if there is none.
func (s *stalls) attempted() *attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempt
}

// attemptBy begins an attempt, or with nil ends it.
func (s *stalls) attemptBy(a *attempt) *attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempt = a
	return a
}

// back notes that a call that was left behind has come back.
func (s *stalls) back(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.behind, what)
}

// wait makes a call on behalf of a user's process, as await does. what is its name for
// people. It is an error if the answer does not come in time, or if an earlier call of that
// name has not returned yet.
func wait[T any](s *stalls, user uint32, what string, do func() (T, error)) (T, error) {
	var none T
	limit := s.left(user, what)
	if limit <= 0 {
		return none, &slowError{what}
	}
	c := call{what: what, user: user, began: time.Now(), limit: limit}
	a, ok := await(s, c, do, s.leave, func() { s.back(what) })
	if !ok {
		return none, &slowError{what}
	}
	s.tookSince(user, c.began)
	return a.value, a.err
}

// slowError is the error for a call that takes too long.
type slowError struct{ what string }

func (e *slowError) Error() string {
	return fmt.Sprintf("%s cannot be read: it does not come in time", e.what)
}
