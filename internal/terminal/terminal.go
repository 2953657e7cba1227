// Package terminal tells what a person sees of a file.
package terminal

import (
	"os"
	"strconv"

	"golang.org/x/term"
)

// Is reports whether a file is a terminal.
func Is(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Colored reports whether to colour what is written to it. It heeds NO_COLOR,
// https://no-color.org.
func Colored(f *os.File) bool { return os.Getenv("NO_COLOR") == "" && Is(f) }

// narrowest is the least that is believed of a terminal.
const narrowest = 20

// Width is how many columns a line may have: those of the terminal, else
// $COLUMNS, else 0 for any number.
func Width(f *os.File) int {
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		columns, _ = strconv.Atoi(os.Getenv("COLUMNS"))
	}
	switch {
	case columns >= narrowest:
		return columns
	case err == nil: // one that does not tell
		return 80
	}
	return 0
}
