package report

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Progress shows on a terminal which step is under way and for how long, on one
// line that is written anew, once the step has taken longer than After.
type Progress struct {
	Out   io.Writer
	After time.Duration
	Every time.Duration

	stop chan struct{}
	done sync.WaitGroup
}

// NewProgress shows steps of more than a second.
func NewProgress(out io.Writer) *Progress {
	return &Progress{Out: out, After: time.Second, Every: time.Second}
}

// Begin starts to watch a step. Only one is under way at a time.
func (p *Progress) Begin(what string) {
	stop := make(chan struct{})
	p.stop = stop
	began := time.Now()
	p.done.Go(func() {
		wait := p.After
		shown := false
		for {
			select {
			case <-time.After(wait):
				fmt.Fprintf(p.Out, "\r%s ... %.0f s\x1b[K", Printable(what), time.Since(began).Seconds())
				shown, wait = true, p.Every
			case <-stop:
				if shown {
					fmt.Fprint(p.Out, "\r\x1b[K")
				}
				return
			}
		}
	})
}

// End takes the line away.
func (p *Progress) End() {
	close(p.stop)
	p.done.Wait()
}
