package report

import (
	"fmt"
	"io"
	"sync"
	"time"

	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// Level is how much a line of the diary matters.
type Level int

// The levels. Routine is for a run that finds everything well; a step of a
// restart is a Notice, because a stock FreeBSD syslog.conf keeps no less.
const (
	Routine Level = iota
	Info
	Notice
	Warning
	Error
	Fatal
)

// String is the word that opens a line.
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

// Diary writes down what happens as it happens: one fact a line, in ASCII,
// without control characters, at most 1 KiB.
//
// Where the system log is missing or does not answer, the lines go to Stderr
// and the work goes on; patience is all the time that a log which hangs may
// cost a run.
type Diary struct {
	mu       sync.Mutex
	sender   Sender // nil: none
	stderr   io.Writer
	color    bool  // of stderr
	mirror   Level // what is below is not worth a mail from cron
	patience time.Duration
}

// NewDiary writes to sender, which may be nil, and else to stderr those lines
// that are at least of level mirror, with the level in colour if color is set.
func NewDiary(sender Sender, stderr io.Writer, color bool, mirror Level) *Diary {
	return &Diary{sender: sender, stderr: stderr, color: color, mirror: mirror, patience: 500 * time.Millisecond}
}

const longestLine = 1 << 10

// Log writes one line. A signal may have its say while a step goes on.
func (d *Diary) Log(level Level, format string, args ...any) {
	d.write(level, d.mirror, format, args...)
}

// Record writes one line of what stays wrong. Where the system log is missing it is left
// to the report, which says it, too: cron would mail the line each minute.
func (d *Diary) Record(level Level, format string, args ...any) {
	mirror := Fatal + 1
	if d.mirror == Routine { // somebody asks for every line
		mirror = Routine
	}
	d.write(level, mirror, format, args...)
}

func (d *Diary) write(level, mirror Level, format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	word, text := level.String(), words.ASCII(fmt.Sprintf(format, args...))
	line := words.Cut(word+" "+text, longestLine)
	if d.sender != nil && d.patience > 0 {
		began := time.Now()
		err := d.sender.Send(level, line)
		d.patience -= time.Since(began)
		if err == nil {
			return
		}
	}
	if level >= mirror {
		fmt.Fprintf(d.stderr, "daemon-keeper: %s%s\n", terminal.Paint(d.color, level.color(), word), line[len(word):])
	}
}
