//go:build linux && (amd64 || arm64)

package tracer

import "time"

// line is a line of the log.
type line struct {
	warning bool
	text    string
}

// backgroundLog writes its lines in the background: a log that hangs must not delay a signal. If there are
// too many lines, some are lost, and counted.
type backgroundLog struct {
	lines chan line
	done  chan struct{}
	lost  int
}

const mostLines = 256

func newBackgroundLog(log Log) *backgroundLog {
	b := &backgroundLog{lines: make(chan line, mostLines), done: make(chan struct{})}
	go func() {
		defer close(b.done)
		for l := range b.lines {
			log(l.warning, l.text)
		}
	}()
	return b
}

func (b *backgroundLog) say(warning bool, text string) {
	select {
	case b.lines <- line{warning, text}:
	default:
		b.lost++
	}
}

// close waits until all lines are written, but not longer than patience.
func (b *backgroundLog) close(patience time.Duration) {
	close(b.lines)
	select {
	case <-b.done:
	case <-time.After(patience):
	}
}
