package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes text from outside safe to show on a terminal: paths, process
// names and the output of services may hold escape sequences, line ends, or
// what turns the direction of writing.
func Printable(s string) string {
	return escape(s, func(r rune) bool { return unicode.IsPrint(r) })
}

// ASCII makes text from outside safe for syslog; FreeBSD's syslogd mangles what
// is not ASCII.
func ASCII(s string) string {
	return escape(s, func(r rune) bool { return r >= ' ' && r <= '~' })
}

func escape(s string, keep func(rune) bool) string {
	if strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || !keep(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for i, size := 0, 0; i < len(s); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size <= 1 || !keep(r):
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		default:
			b.WriteString(s[i : i+size])
		}
	}
	return b.String()
}

// cut keeps a line within a number of bytes.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most-3] + "..."
}
