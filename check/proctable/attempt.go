package proctable

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// attempt is the first attempt at a look. It makes its calls in the thread that looks, because
// a thread for each call makes a look at a hundred daemons a fifth slower. If a call takes
// longer than its limit, the attempt is given up together with the thread that waits. Then the
// look begins again, and makes each call in a thread that can be left behind.
type attempt struct {
	mu      sync.Mutex
	call    call
	waits   bool // a call is in progress
	givenUp bool
}

// call is a call of the system that may never return.
type call struct {
	what  string // its name for people
	user  uint32 // whose account the waiting is charged to
	ours  bool   // it is about a file of ours: no account is charged
	began time.Time
	limit time.Duration
}

// attemptCheck is the interval at which an attempt is checked for a stuck call. A look that is
// not stuck takes less.
const attemptCheck = 100 * time.Millisecond

// inline makes a call in this thread. If the attempt was given up meanwhile, inline calls back
// and does not return: this goroutine ends.
func inline[T any](a *attempt, c call, do func() (T, error), back func()) answer[T] {
	a.mu.Lock()
	a.call, a.waits = c, true
	a.mu.Unlock()
	value, err := do()
	a.mu.Lock()
	a.waits = false
	givenUp := a.givenUp
	a.mu.Unlock()
	if givenUp {
		back()
		runtime.Goexit()
	}
	return answer[T]{value, err}
}

// giveUp gives the attempt up if it is stuck. It passes the stuck call to note before that call
// can return.
func (a *attempt) giveUp(now time.Time, note func(call)) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.givenUp || !a.waits || now.Sub(a.call.began) < a.call.limit {
		return false
	}
	a.givenUp = true
	note(a.call)
	return true
}

// answer is what a call returns.
type answer[T any] struct {
	value T
	err   error
}

// await makes a call in the thread of the current attempt, or without an attempt in a thread of
// its own. ok is false if the answer has not come in time. Then the call is left behind: late
// notes it now, and back is called when it returns.
func await[T any](s *stalls, c call, do func() (T, error), late func(call), back func()) (a answer[T], ok bool) {
	if under := s.attempted(); under != nil {
		return inline(under, c, do, back), true
	}
	alone := &attempt{call: c, waits: true} // an attempt at this call only
	answered := make(chan answer[T], 1)
	go func() { answered <- inline(alone, c, do, back) }()
	timer := time.NewTimer(c.limit)
	defer timer.Stop()
	select {
	case a = <-answered:
		return a, true
	case <-timer.C:
	}
	if alone.giveUp(time.Now(), late) {
		return a, false
	}
	return <-answered, true // the answer came at that moment
}

// Attempt makes a reading of the whole table. The first attempt makes each call in the thread that
// reads; the second, after one that was stuck, can leave each behind. An error says that ctx has
// ended before there was an answer.
func Attempt[T any](ctx context.Context, f *Files, begin func(), read func() (T, error)) (T, error) {
	aside := func(begin func()) <-chan answer[T] { // one that is given up never answers
		c := make(chan answer[T], 1)
		go func() {
			begin()
			value, err := read()
			c <- answer[T]{value, err}
		}()
		return c
	}
	first := f.stalls.attemptBy(new(attempt))
	defer f.stalls.attemptBy(nil)
	answered := aside(begin)
	check := time.NewTicker(attemptCheck)
	defer check.Stop()
	for {
		select {
		case a := <-answered:
			return a.value, a.err
		case now := <-check.C:
			if first.giveUp(now, f.leave) {
				f.stalls.attemptBy(nil)
				answered = aside(f.stalls.begin) // what was not stuck has its answer, as before
			}
		case <-ctx.Done():
			var none T
			return none, fmt.Errorf("cannot read the process table in time: %w", context.Cause(ctx))
		}
	}
}
