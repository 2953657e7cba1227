package terminal

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// What is written arrives, in order.
func TestUnblocked(t *testing.T) {
	var out bytes.Buffer
	u := Unblock(&out)
	want := ""
	for i := range 100 {
		line := strings.Repeat("x", i) + "\n"
		want += line
		_, _ = io.WriteString(u, line)
	}
	if !u.Flush(time.Minute) || out.String() != want || !u.Flush(0) {
		t.Errorf("%q", out.String())
	}
}

// A pipe that nobody reads holds nobody up, whatever is written.
func TestUnblockedByAFullPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	u := Unblock(w)
	line := []byte(strings.Repeat("x", 1023) + "\n")
	for range 10_000 {
		if n, err := u.Write(line); n != len(line) || err != nil {
			t.Fatal(n, err)
		}
	}
	if u.Flush(10 * time.Millisecond) {
		t.Error("nobody has read it")
	}
	u.mu.Lock()
	if u.queued > mostQueued {
		t.Errorf("%d bytes are kept", u.queued)
	}
	u.mu.Unlock()
	r.Close()
	if !u.Flush(time.Minute) {
		t.Error("it still waits for a reader that is gone")
	}
}
