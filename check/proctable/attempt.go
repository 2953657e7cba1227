package proctable

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// attempt is the first attempt at a look. It makes its calls in the thread that looks: to
// make each in one of its own costs a fifth of a look at a hundred daemons. Should one keep
// it waiting for longer than it may, the attempt is given up with the thread that waits,
// and the look is taken once more by calls that can be left behind one by one.
type attempt struct {
	mu      sync.Mutex
	call    call
	waits   bool // a call is under way
	givenUp bool
}

// call is one that can keep us waiting for ever.
type call struct {
	what  string // its name for people
	user  uint32 // who pays for it
	ours  bool   // it is about a file of ours: nobody pays
	began time.Time
	limit time.Duration
}

// attemptCheck is how often is looked whether an attempt is stuck: not once in a look that is not.
const attemptCheck = 100 * time.Millisecond

// inline makes a call in this thread. If the attempt was given up meanwhile it does not return:
// this goroutine ends. back is called then.
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

// giveUp gives the attempt up if it is stuck, and has the call noted that it is stuck at before
// that can come back.
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

// await makes a call as the attempt does that is under way; if there is none, in a thread of its
// own. ok is false if the answer has not come in time: then the call is left behind, which late
// notes, and back is called once it comes back.
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
	return <-answered, true // it has come at that very moment
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
