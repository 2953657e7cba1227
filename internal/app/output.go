package app

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"daemon-keeper/internal/terminal"
)

// output is standard output, which remembers that it could not be written: a tool
// must not take half a report for a whole one. A reader who has gone away wants no
// more.
//
// Of a command that only prints it is a failure. What a run has done to the daemons,
// or a pause, stands all the same, and the exit status tells of that.
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

// complain tells people that they have not been told all.
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
