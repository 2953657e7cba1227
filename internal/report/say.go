package report

import (
	"fmt"
	"io"
	"os"

	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// Fail prints an error and, if there is one, what to do about it.
func Fail(w io.Writer, color bool, message, hint string) {
	say(w, paint(color, red, "error:"), message)
	if hint != "" {
		say(w, paint(color, bold, "hint:"), hint)
	}
}

// say writes a line, wrapped where it goes to a terminal.
func say(w io.Writer, label painted, message string) {
	width := 0
	if f, ok := w.(*os.File); ok && terminal.Is(f) {
		width = terminal.Width(f)
	}
	_, _ = io.WriteString(w, fold(fmt.Sprintf("daemon-keeper: %s %s", label, words.Printable(message)), width)+"\n")
}

// Caution prints what may be wrong, and keeps nothing from being done.
func Caution(w io.Writer, color bool, message string) {
	say(w, paint(color, yellow, "warning:"), message)
}
