package terminal

import "strings"

// Fold breaks a line between words so that it fits a terminal. Continuation lines are
// indented. A word that is longer than a line is not broken: the terminal wraps it, and it
// can still be pasted.
func Fold(line string, width int) string {
	if width <= 0 || shownWidth(line) <= width {
		return line
	}
	lead := line[:len(line)-len(strings.TrimLeft(line, " "))]
	var b strings.Builder
	b.WriteString(lead)
	used := len(lead)
	indent := lead + Gap(Hang).Text
	for i, w := range strings.Split(line[len(lead):], " ") {
		wide := shownWidth(w)
		switch {
		case i == 0:
		case used+1+wide > width && used > len(indent):
			b.WriteString("\n" + indent)
			used = len(indent)
		default:
			b.WriteString(" ")
			used++
		}
		b.WriteString(w)
		used += wide
	}
	return b.String()
}

// shownWidth returns how many columns a text takes, not counting escape sequences for
// colours.
func shownWidth(s string) int {
	n := 0
	for {
		before, rest, found := strings.Cut(s, "\x1b[")
		n += Breadth(before)
		if !found {
			return n
		}
		_, s, _ = strings.Cut(rest, "m")
	}
}
