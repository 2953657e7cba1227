package terminal

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"daemon-keeper/internal/words"
)

// Progress shows on a terminal what is under way and for how long, if it takes longer than
// After. It uses one line, which it overwrites.
type Progress struct {
	Out   io.Writer
	After time.Duration
	Every time.Duration
	Width func() int // returns the width of the terminal in columns

	mu    sync.Mutex
	tasks []*task
	shown bool
	idle  chan struct{} // closed when nothing is under way any more
}

// task is something that is under way.
type task struct {
	what  string
	began time.Time
}

// NewProgress returns a Progress that shows what takes more than a second.
func NewProgress(out io.Writer, width func() int) *Progress {
	return &Progress{Out: out, After: time.Second, Every: time.Second, Width: width}
}

// Begin shows something until end is called. Several things may be under way at the same
// time.
func (p *Progress) Begin(what string) (end func()) {
	t := &task{what, time.Now()}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tasks = append(p.tasks, t)
	if len(p.tasks) == 1 {
		p.idle = make(chan struct{})
		go p.tick(p.idle)
	}
	return func() { p.end(t) }
}

func (p *Progress) end(t *task) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tasks = slices.DeleteFunc(p.tasks, func(other *task) bool { return other == t })
	if len(p.tasks) == 0 {
		p.clear()
		close(p.idle)
	}
}

// tick updates the line until nothing is under way.
func (p *Progress) tick(idle <-chan struct{}) {
	for wait := p.After; ; wait = p.Every {
		select {
		case <-time.After(wait):
			p.draw()
		case <-idle:
			return
		}
	}
}

func (p *Progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	var parts []string
	for _, t := range p.tasks {
		if took := time.Since(t.began); took >= p.After {
			parts = append(parts, fmt.Sprintf("%s ... %.0f s", words.Printable(t.what), took.Seconds()))
		}
	}
	if len(parts) == 0 {
		p.clear()
		return
	}
	// A line that fills the terminal would wrap, and could not be overwritten.
	fmt.Fprintf(p.Out, "\r%s\x1b[K", fit(parts, p.Width()-1))
	p.shown = true
}

// fit joins as many parts as fit, at least one, and says how many are left out.
func fit(parts []string, width int) string {
	for n := len(parts); n > 1; n-- {
		line := strings.Join(parts[:n], "; ")
		if n < len(parts) {
			line += fmt.Sprintf("; %d more", len(parts)-n)
		}
		if utf8.RuneCountInString(line) <= width {
			return line
		}
	}
	line := []rune(parts[0])
	if len(parts) > 1 {
		line = append(line, []rune(fmt.Sprintf("; %d more", len(parts)-1))...)
	}
	return string(line[:max(0, min(len(line), width))])
}

// clear removes the line.
func (p *Progress) clear() {
	if p.shown {
		fmt.Fprint(p.Out, "\r\x1b[K")
	}
	p.shown = false
}
