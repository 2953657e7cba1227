//go:build linux && (amd64 || arm64)

package tracer

import "time"

// line is one for the diary.
type line struct {
	warning bool
	text    string
}

// diary writes its lines in the background: a log that hangs must not delay a signal. If there are
// too many lines, some are lost, and counted.
type diary struct {
	lines chan line
	done  chan struct{}
	lost  int
}

const mostLines = 256

func newDiary(log Log) *diary {
	d := &diary{lines: make(chan line, mostLines), done: make(chan struct{})}
	go func() {
		defer close(d.done)
		for l := range d.lines {
			log(l.warning, l.text)
		}
	}()
	return d
}

func (d *diary) say(warning bool, text string) {
	select {
	case d.lines <- line{warning, text}:
	default:
		d.lost++
	}
}

// close waits until all lines are written, but not longer than patience.
func (d *diary) close(patience time.Duration) {
	close(d.lines)
	select {
	case <-d.done:
	case <-time.After(patience):
	}
}
