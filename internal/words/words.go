// Package words is how text from outside is made fit to be shown, and what several rooms
// say in the same words. It imports nothing of the project.
package words

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes text from outside safe to show on a terminal, in a header, or in a
// shell's loop over lines: paths, process names and the output of services may hold
// escape sequences, line ends, or what turns the direction of writing.
func Printable[T ~string](s T) string { return Escape(string(s), unicode.IsPrint) }

// ASCII makes text from outside safe for syslog: FreeBSD's syslogd mangles what is not
// ASCII.
func ASCII(s string) string {
	return Escape(s, func(r rune) bool { return r >= ' ' && r <= '~' })
}

// Escape writes the bytes of all that is not to be kept, and of what is not UTF-8, as \x1b.
func Escape(s string, keep func(rune) bool) string {
	if strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || !keep(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for i, size := 0, 0; i < len(s); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size <= 1 || !keep(r) {
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
			continue
		}
		b.WriteString(s[i : i+size])
	}
	return b.String()
}

// Cut keeps a text within a number of bytes, and its last character whole.
func Cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := max(most-len("..."), 0)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}

// Shell is a word as it may be pasted to a shell.
func Shell(s string) string {
	strange := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_.@:+/-", r)
	}
	if s != "" && s[0] != '-' && !strings.ContainsFunc(s, strange) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Plural counts things: "1 line", "2 lines".
func Plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// List names things: so many of them at most, and how many more there are.
func List(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// Hint is what an error itself knows of a way out, or "".
func Hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
