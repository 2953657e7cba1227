package state

import (
	"os/exec"
	"testing"
	"time"
)

// A lock that was released is free, though a child has been forked meanwhile that
// has a copy of its descriptor and has not yet executed its program: the next
// daemon of the same run would be told that another run is at work.
func TestReleasedIsFreeWhileOthersFork(t *testing.T) {
	d := openDir(t)
	stop, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				_ = exec.Command("true").Run()
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); {
		locks, err := d.Lock([]string{"a"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		locks.Release()
	}
}
