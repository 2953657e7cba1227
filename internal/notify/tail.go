package notify

import (
	"slices"
	"strings"
	"sync"
)

const (
	tailBytes = 4 << 10 // of an output that are kept
	tailLines = 5       // of these, in an error
	tailLine  = 200     // bytes of each
)

// tail keeps the end of what is written to it, and may be asked while a command
// that was left behind still writes.
type tail struct {
	mu   sync.Mutex
	kept []byte
	more bool // something was thrown away
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - tailBytes; over > 0 {
		t.kept, t.more = slices.Clone(t.kept[over:]), true
	}
	return len(p), nil
}

// String is the last lines, printable, in one.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for line := range strings.Lines(string(t.kept)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, clean(line, tailLine))
		}
	}
	if t.more && len(lines) > 1 {
		lines = lines[1:] // it may have been cut
	}
	return strings.Join(lines[max(0, len(lines)-tailLines):], " | ")
}
