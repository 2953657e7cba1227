package terminal

import (
	"strings"
	"unicode"

	"daemon-keeper/internal/words"
)

// Word is a piece of a line, with its colour, "" for none. It is not broken unless it is
// longer than a line, and contains only printable characters.
type Word struct{ Text, Code string }

// Text splits a text that may come from outside into words.
func Text(s string) []Word {
	var list []Word
	for _, f := range strings.Fields(words.Printable(s)) {
		list = append(list, Word{Text: f})
	}
	return list
}

// Label is a word of our own at the beginning of a line.
func Label(s, code string) []Word { return []Word{{s + ":", code}} }

// Hang is the indentation of continuation lines, in columns.
const Hang = 2

// Wrap breaks words into lines, with a blank between words. The first line is at most width
// columns wide; the others are hang columns narrower.
func Wrap(words []Word, width int) [][]Word {
	var lines [][]Word
	var line []Word
	used := 0
	for len(words) > 0 {
		w := words[0]
		wide, gap := Breadth(w.Text), min(used, 1)
		switch {
		case used+gap+wide <= width:
			if gap > 0 {
				line = append(line, Word{Text: " "})
			}
			line, used, words = append(line, w), used+gap+wide, words[1:]
			continue
		case used == 0: // longer than a line
			head := prefix(w.Text, width)
			line, words[0].Text = append(line, Word{head, w.Code}), w.Text[len(head):]
		}
		if len(lines) == 0 {
			width -= Hang
		}
		lines, line, used = append(lines, line), nil, 0
	}
	if len(line) > 0 {
		lines = append(lines, line)
	}
	return lines
}

// Breadth returns how many columns a text takes on a terminal.
func Breadth(s string) int {
	n := 0
	for _, r := range s {
		n += runeBreadth(r)
	}
	return n
}

// runeBreadth returns the columns of a rune, as in Markus Kuhn's wcwidth: combining marks
// take none, East Asian characters and emoji take two. If a terminal differs, only the
// alignment suffers.
func runeBreadth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && r <= 0x115f, // Hangul, the beginning of a syllable
		r >= 0x2e80 && r <= 0xa4cf,                             // CJK
		r >= 0xac00 && r <= 0xd7a3,                             // Hangul
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, // CJK, compatible
		r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6, // fullwidth forms
		r >= 0x1f300 && r <= 0x1f64f, r >= 0x1f680 && r <= 0x1f6ff, r >= 0x1f900 && r <= 0x1faff, // pictures
		r >= 0x20000 && r <= 0x3fffd: // CJK
		return 2
	}
	return 1
}

// prefix returns the longest beginning that fits into width columns, at least one rune.
func prefix(s string, width int) string {
	used := 0
	for i, r := range s {
		used += runeBreadth(r)
		if used > width && i > 0 {
			return s[:i]
		}
	}
	return s
}

// suffix returns the longest end that fits into width columns.
func suffix(s string, width int) string {
	runes := []rune(s)
	i := len(runes)
	for used := 0; i > 0; i-- {
		if used += runeBreadth(runes[i-1]); used > width {
			break
		}
	}
	return string(runes[i:])
}

// CutMiddle shortens a name in the middle: of a path, the beginning says where it is, and the
// end what it is.
func CutMiddle(s string, most int) string {
	if Breadth(s) <= most {
		return s
	}
	const gap = "..."
	keep := most - len(gap)
	return prefix(s, keep/2) + gap + suffix(s, keep-keep/2)
}
