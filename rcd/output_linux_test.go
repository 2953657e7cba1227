package rcd

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestShrink: what is written while a file is made smaller is not lost.
func TestShrink(t *testing.T) {
	o := &Outputs{Dir: t.TempDir()}
	daemon := openOutput(t, o)
	if _, err := daemon.WriteString(strings.Repeat("noise\n", 300_000)); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	shrunk := make(chan error)
	go func() {
		defer close(shrunk)
		for {
			select {
			case <-stop:
				return
			default:
				if err := o.shrink("nginx"); err != nil {
					shrunk <- err
					return
				}
			}
		}
	}()
	for i := range 1000 {
		line := fmt.Sprint("the reason ", i)
		if _, err := daemon.WriteString(line + "\n"); err != nil {
			t.Fatal(err)
		}
		if lines := daemon.tail(); len(lines) == 0 || lines[len(lines)-1] != line {
			t.Errorf("the last line is %q, not %q", lines, line)
			break
		}
	}
	close(stop)
	if err := <-shrunk; err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(o.Path("nginx")); err != nil || room(info) > trimAbove {
		t.Errorf("it takes %d bytes, %v", room(info), err)
	}
}
