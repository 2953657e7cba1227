package app

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"daemon-keeper/internal/terminal"
)

// output is standard output. It remembers a failed write, because a tool must not take half of
// a report for a whole one. That the reader has closed the pipe is not a failure.
//
// For a command that only prints, a failed write is a failure. After a run or a pause the exit
// status tells what was done, which stands all the same.
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

// terminalWidth is how wide lines may be on a terminal; elsewhere they are not wrapped, for
// other programs read them.
func terminalWidth(f *os.File) int {
	if !terminal.Is(f) {
		return 0
	}
	return terminal.Width(f)
}
