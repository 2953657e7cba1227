package proctable

import (
	"fmt"
	"testing"
)

// A call that an earlier look has left behind may come back at any moment, also when a new
// look begins. The race detector sees what they share.
func TestBeginBesideALateCall(t *testing.T) {
	f := NewFiles(UsualThreads)
	f.Begin()
	done := make(chan error)
	go func() {
		var err error
		for i := 0; i < 20 && err == nil; i++ {
			if _, err = f.leadsFor(At("/proc", f), "/proc/self", "/etc/passwd"); err == nil {
				_, err = f.pointsOf(fmt.Sprint("mnt:", i), "/proc/self")
			}
		}
		done <- err
	}()
	for range 20 {
		f.Begin()
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
