package terminal

import (
	"fmt"
	"io"
	"os"

	"daemon-keeper/internal/words"
)

// Fail prints an error and, if there is one, what to do about it.
func Fail(w io.Writer, color bool, message, hint string) {
	say(w, Paint(color, Red, "error:"), message)
	if hint != "" {
		say(w, Paint(color, Bold, "hint:"), hint)
	}
}

// say writes a line, wrapped where it goes to a terminal.
func say(w io.Writer, label Painted, message string) {
	width := 0
	if f, ok := w.(*os.File); ok && Is(f) {
		width = Width(f)
	}
	_, _ = io.WriteString(w, Fold(fmt.Sprintf("daemon-keeper: %s %s", label, words.Printable(message)), width)+"\n")
}

// Caution prints what may be wrong, and keeps nothing from being done.
func Caution(w io.Writer, color bool, message string) {
	say(w, Paint(color, Yellow, "warning:"), message)
}
