package terminal

import (
	"strings"
	"unicode"

	"daemon-keeper/internal/words"
)

// Word is a piece of a line, with its colour or "". It is not broken, unless it is
// longer than a line, and holds nothing but what can be printed.
type Word struct{ Text, Code string }

// Text makes words of what may come from outside.
func Text(s string) []Word {
	var list []Word
	for _, f := range strings.Fields(words.Printable(s)) {
		list = append(list, Word{Text: f})
	}
	return list
}

// Label is a word of our own that opens a line.
func Label(s, code string) []Word { return []Word{{s + ":", code}} }

// Hang is how far the second line of a paragraph stands to the right.
const Hang = 2

// Wrap breaks words into lines with a space between them. The first line is at
// most width columns wide, and the others leave room for hang.
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

// Breadth is how many columns of a terminal a text takes.
func Breadth(s string) int {
	n := 0
	for _, r := range s {
		n += runeBreadth(r)
	}
	return n
}

// runeBreadth: marks stand above another rune, and the letters of East Asia and
// pictures are two columns wide, as in Markus Kuhn's wcwidth. Where a terminal has
// it otherwise, a column is out of line, and nothing else is.
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

// prefix is as much of the beginning as fits into so many columns, and at least
// one rune.
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

// suffix is as much of the end as fits.
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

// CutMiddle keeps both ends of a name: of a path, where it is and what it is.
func CutMiddle(s string, most int) string {
	if Breadth(s) <= most {
		return s
	}
	const gap = "..."
	keep := most - len(gap)
	return prefix(s, keep/2) + gap + suffix(s, keep-keep/2)
}
