package terminal

import (
	"fmt"
	"io"
	"os"

	"daemon-keeper/internal/words"
)

// Fail prints an error and its hint, if there is one.
func Fail(w io.Writer, color bool, message, hint string) {
	say(w, Paint(color, Red, "error:"), message)
	if hint != "" {
		say(w, Paint(color, Bold, "hint:"), hint)
	}
}

// say prints a line. On a terminal it is wrapped.
func say(w io.Writer, label Painted, message string) {
	width := 0
	if f, ok := w.(*os.File); ok && Is(f) {
		width = Width(f)
	}
	_, _ = io.WriteString(w, Fold(fmt.Sprintf("daemon-keeper: %s %s", label, words.Printable(message)), width)+"\n")
}

// Caution prints a warning: something may be wrong, but it prevents nothing.
func Caution(w io.Writer, color bool, message string) {
	say(w, Paint(color, Yellow, "warning:"), message)
}
