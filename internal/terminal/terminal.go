// Package terminal tells what a person sees of a file.
package terminal

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// Is reports whether a file is a terminal.
func Is(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// When to colour.
const (
	Auto   = "auto" // what people see at a terminal
	Always = "always"
	Never  = "never"
)

// Colored reports whether to colour what is written to a file. What the user has said
// comes first, then the environment: NO_COLOR, https://no-color.org, CLICOLOR_FORCE,
// https://bixense.com/clicolors, and a terminal that knows no colours.
func Colored(f *os.File, when string) bool {
	switch {
	case when == Always || when == Never:
		return when == Always
	case os.Getenv("NO_COLOR") != "":
		return false
	case forced(os.Getenv("CLICOLOR_FORCE")):
		return true
	}
	return os.Getenv("TERM") != "dumb" && Is(f)
}

func forced(value string) bool { return value != "" && value != "0" }

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

// UTF8 reports whether the locale says that the terminal shows what is beyond ASCII,
// locale(7).
func UTF8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToUpper(os.Getenv(name)); value != "" {
			return strings.HasSuffix(value, ".UTF-8") || strings.HasSuffix(value, ".UTF8")
		}
	}
	return false
}
