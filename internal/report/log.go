package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// Level is the importance of a line of the log.
type Level int

// The levels. Routine is for a run that finds everything well. A step of a restart is a
// Notice, because a stock FreeBSD syslog.conf keeps nothing below that.
const (
	Routine Level = iota
	Info
	Notice
	Warning
	Error
	Fatal
)

// String returns the word at the beginning of a line.
func (l Level) String() string {
	switch l {
	case Warning:
		return "WARNING"
	case Error:
		return "ERROR"
	case Fatal:
		return "FATAL"
	}
	return "INFO"
}

func (l Level) color() string {
	switch l {
	case Warning:
		return terminal.Yellow
	case Error, Fatal:
		return terminal.Red
	}
	return terminal.Green
}

// Sender sends one line to the system log.
type Sender interface {
	Send(Level, string) error
}

// Log is the log of a run. It writes each line when it happens: one fact per line, in
// ASCII, without control characters, at most 1 KiB.
//
// If there is no system log or it does not answer, the lines go to stderr and the work goes
// on. patience limits the total time that a log which hangs may cost a run.
type Log struct {
	mu       sync.Mutex
	sender   Sender // nil: there is no system log
	stderr   io.Writer
	color    bool  // of stderr
	mirror   Level // lines below this level are not worth a mail from cron
	patience time.Duration
}

// NewLog returns a log that writes to sender. If sender is nil, or fails, it writes lines
// of at least level mirror to stderr, with the level in colour if color is set.
func NewLog(sender Sender, stderr io.Writer, color bool, mirror Level) *Log {
	return &Log{sender: sender, stderr: stderr, color: color, mirror: mirror, patience: time.Second}
}

const longestLine = 1 << 10

// Log writes one line. It may be called at the same time from several goroutines.
func (l *Log) Log(level Level, format string, args ...any) {
	l.write(level, l.mirror, format, args...)
}

// Record writes one line about a lasting problem. Without a system log the line is left to
// the report, which has it, too: otherwise cron would mail it each minute.
func (l *Log) Record(level Level, format string, args ...any) {
	mirror := Fatal + 1
	if l.mirror == Routine { // somebody wants to see every line
		mirror = Routine
	}
	l.write(level, mirror, format, args...)
}

func (l *Log) write(level, mirror Level, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	word, text := level.String(), words.ASCII(fmt.Sprintf(format, args...))
	line := words.Cut(word+" "+text, longestLine)
	if l.send(level, line) {
		return
	}
	if level >= mirror {
		fmt.Fprintf(l.stderr, "daemon-keeper: %s%s\n", terminal.Paint(l.color, level.color(), word), line[len(word):])
	}
}

// send reports whether the system log has the line. On a busy machine a syslog daemon needs a
// moment, or we are not given a processor for longer than the library waits.
func (l *Log) send(level Level, line string) bool {
	for try := 1; l.sender != nil && l.patience > 0; try++ {
		began := time.Now()
		err := l.sender.Send(level, line)
		isFull := errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ENOBUFS) // FreeBSD does not wait
		if err == nil || !isFull && try == mostTries {
			l.patience -= time.Since(began)
			return err == nil
		}
		time.Sleep(tryPause)
		l.patience -= time.Since(began)
	}
	return false
}

// A syslog daemon that cannot be reached is asked mostTries times, with a pause of tryPause between
// two; one whose queue is full is asked until the patience of the log is used up.
const (
	mostTries = 5
	tryPause  = 10 * time.Millisecond
)
