package app

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"daemon-keeper/internal/terminal"
)

// output is standard output. It remembers a failed write, because a program must not mistake
// half of a report for a whole one. If the reader has closed the pipe, that is not a failure.
//
// A failed write makes a command fail that only prints. After a run or a pause the exit
// status says what was done, whether or not it could be printed.
type output struct {
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := os.Stdout.Write(p)
	if err != nil && o.err == nil && !errors.Is(err, syscall.EPIPE) {
		o.err = fmt.Errorf("cannot write the report: %w", errors.Unwrap(err))
	}
	return n, err
}

// complain reports that something was not printed.
func (o *output) complain(j *job) {
	if o.err != nil {
		fail(j, o.err)
	}
}

// terminalWidth returns the width for lines on a terminal; 0 elsewhere: output for other
// programs is not wrapped.
func terminalWidth(f *os.File) int {
	if !terminal.Is(f) {
		return 0
	}
	return terminal.Width(f)
}
