package proctable

import (
	"testing"
	"testing/synctest"
	"time"
)

// A user whose processes keep us waiting is not waited for again in this look, and root
// is all the same; a new look is patient again, but for what has not answered since.
func TestStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStalls(48)
		never := make(chan struct{})
		defer close(never)
		hang := func() (int, error) { <-never; return 0, nil }
		answer := func() (int, error) { return 7, nil }
		ask := func(name string, user uint32, call func() (int, error), want time.Duration, wantErr bool) {
			t.Helper()
			began := time.Now()
			got, err := wait(s, user, name, call)
			if took := time.Since(began); took != want || (err != nil) != wantErr || !wantErr && got != 7 {
				t.Errorf("%s of user %d: %d, %v, after %v, want %v", name, user, got, err, took, want)
			}
		}
		ask("a", 1000, answer, 0, false)
		ask("b", 1000, hang, userPatience, true)
		ask("c", 1000, answer, 0, true)
		ask("d", 2000, hang, lookPatience-userPatience, true)
		ask("e", 3000, answer, 0, true)
		ask("f", 0, hang, rootPatience, true)
		s.begin()
		ask("b", 1000, answer, 0, true) // it has not answered since
		ask("c", 1000, answer, 0, false)
	})
}

// No user leaves behind more than a bounded number of threads, and none of root's.
func TestStallsLeaveFewBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStalls(24)
		never := make(chan struct{})
		defer close(never)
		behind := func(user uint32, calls int) (left int) {
			for i := range calls {
				s.begin()
				began := time.Now()
				_, _ = wait(s, user, string(rune('a'+user%26))+string(rune('a'+i)), func() (int, error) { <-never; return 0, nil })
				if time.Since(began) > 0 {
					left++
				}
			}
			return left
		}
		if n := behind(1, userBehind+5); n != userBehind {
			t.Errorf("one user has left %d behind, more than %d", n, userBehind)
		}
		if n := behind(2, 20) + behind(3, 20); n != 24-2*userBehind {
			t.Errorf("others have left %d behind", n)
		}
		if n := behind(0, 20); n == 0 {
			t.Error("nothing is left for root")
		}
	})
}

// The arguments of a command, as the kernel keeps them.
func TestSplitArgs(t *testing.T) {
	for text, want := range map[string]int{"": 0, "sh\x00": 1, "sh\x00-c\x00x": 3, "sh\x00\x00": 2} {
		if got := splitArgs([]byte(text)[:min(len(text), mostArgs)]); len(got) != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// An attempt at a look that is stuck in a call is given up: the call counts as left behind until
// it has come back, and whoever made it goes no further.
func TestAttempt(t *testing.T) {
	s, release, ended := newStalls(8), make(chan struct{}), make(chan struct{})
	first := s.attemptBy(new(attempt))
	if _, err := wait(s, 7, "quick", func() (int, error) { return 1, nil }); err != nil {
		t.Fatal(err)
	}
	if first.giveUp(time.Now().Add(time.Hour), s.leave) {
		t.Error("an attempt that waits for nothing was given up")
	}
	begun, goesOn := make(chan struct{}), false
	go func() {
		defer close(ended)
		_, _ = wait(s, 7, "slow", func() (int, error) { close(begun); <-release; return 1, nil })
		goesOn = true
	}()
	<-begun
	if first.giveUp(time.Now(), s.leave) {
		t.Error("an attempt was given up before its time")
	}
	late := time.Now().Add(userPatience)
	if !first.giveUp(late, s.leave) || first.giveUp(late, s.leave) {
		t.Error("an attempt that is stuck is given up, and once")
	}
	s.attemptBy(nil)
	s.begin()
	if limit := s.left(7, "slow"); limit != 0 {
		t.Errorf("what the attempt is stuck at may be waited for, %v", limit)
	}
	close(release)
	<-ended
	if goesOn || s.left(7, "slow") <= 0 {
		t.Errorf("the attempt goes on: %v; what has come back may be waited for: %v", goesOn, s.left(7, "slow"))
	}
}
