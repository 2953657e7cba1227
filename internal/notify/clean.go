package notify

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean is printable, within a number of bytes; however long the text is, it costs
// no more than these.
func clean(s string, most int) string {
	return cut(printable(s[:min(len(s), most+utf8.UTFMax)]), most)
}

// printable makes one line that does nothing to a terminal, a header or a shell's
// loop over lines: what is not printable, or no UTF-8, is written as \x1b. (It is
// report.Printable; leaves know nothing of each other.)
func printable(s string) string {
	var b strings.Builder
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size <= 1 || !unicode.IsPrint(r) {
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
			continue
		}
		b.WriteString(s[i : i+size])
	}
	return b.String()
}

// cut keeps a text within a number of bytes, and its last character whole.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := most - len("...")
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}
