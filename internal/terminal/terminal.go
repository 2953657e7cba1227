// Package terminal writes text for people: width, colours, tables, progress, durations and
// sizes.
package terminal

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// Is reports whether a file is a terminal.
func Is(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Values of --color.
const (
	Auto   = "auto" // colour what people see on a terminal
	Always = "always"
	Never  = "never"
)

// Colored reports whether to colour what is written to a file. The flag decides first, then
// the environment: NO_COLOR (https://no-color.org), CLICOLOR_FORCE
// (https://bixense.com/clicolors), and a TERM without colours.
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

// narrowest is the smallest plausible width of a terminal in columns.
const narrowest = 20

// Width returns how many columns a line may have: those of the terminal, otherwise $COLUMNS,
// otherwise 0, which means no limit.
func Width(f *os.File) int {
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		columns, _ = strconv.Atoi(os.Getenv("COLUMNS"))
	}
	switch {
	case columns >= narrowest:
		return columns
	case err == nil: // a terminal that does not know its width
		return 80
	}
	return 0
}

// UTF8 reports whether the terminal can show characters beyond ASCII, according to the
// locale, locale(7).
func UTF8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToUpper(os.Getenv(name)); value != "" {
			return strings.HasSuffix(value, ".UTF-8") || strings.HasSuffix(value, ".UTF8")
		}
	}
	return false
}
