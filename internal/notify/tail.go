package notify

import (
	"slices"
	"strings"
	"sync"
)

const (
	tailBytes = 4 << 10 // how much of an output is kept
	tailLines = 5       // how many of these lines are in an error
	tailLine  = 200     // bytes of each line
)

// tail keeps the end of what is written to it. It may be read while a command that was left
// behind still writes.
type tail struct {
	mu   sync.Mutex
	kept []byte
	more bool // a part was dropped
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

// String returns the last lines, printable, joined in one line.
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
		lines = lines[1:] // the first line may be incomplete
	}
	return strings.Join(lines[max(0, len(lines)-tailLines):], " | ")
}
