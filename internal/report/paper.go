package report

import (
	"bytes"
	"io"
	"math"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// Select Graphic Rendition, ECMA-48.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
)

// painted is text of our own, which may hold escape sequences.
type painted string

func paint(on bool, code, s string) painted {
	if !on || code == "" || s == "" {
		return painted(s)
	}
	return painted("\x1b[" + code + "m" + s + "\x1b[0m")
}

// leastWidth is the least width that lines are made for. A narrower terminal wraps them.
const leastWidth = 40

// paper collects the lines for a terminal, which are then written in one piece: each line
// by itself would be a system call. Colour is only paint: without it the same text stands
// in the same place.
type paper struct {
	text  bytes.Buffer
	width int // columns; 0 if there is no limit
	color bool
}

func newPaper(width int, color bool) *paper {
	if width > 0 {
		width = max(width, leastWidth)
	}
	return &paper{width: width, color: color}
}

// empty reports whether nothing is printed yet.
func (p *paper) empty() bool { return p.text.Len() == 0 }

// showOn writes all lines.
func (p *paper) showOn(out io.Writer) { _, _ = out.Write(p.text.Bytes()) }

// leastRoom is how many columns a text behind something else needs. Where there are fewer,
// its lines are longer than the width.
const leastRoom = 30

// room is how many columns are left in a line.
func (p *paper) room(taken int) int {
	if p.width == 0 {
		return math.MaxInt
	}
	return p.width - taken
}

// line prints pieces that have their spaces between them.
func (p *paper) line(pieces ...word) {
	var b strings.Builder
	for _, w := range pieces {
		b.WriteString(string(paint(p.color, w.code, w.text)))
	}
	p.text.WriteString(strings.TrimRight(b.String(), " ") + "\n")
}

// lines prints lines with a lead before the first, and the others indented.
func (p *paper) lines(lead []word, lines [][]word, indent int) {
	for i, line := range lines {
		if i > 0 {
			lead = []word{gap(indent)}
		}
		p.line(append(slices.Clone(lead), line...)...)
	}
}

// hanging prints a lead and behind it words, of which the further lines stand below the
// first.
func (p *paper) hanging(lead, what []word) {
	start := breadthOf(lead)
	p.lines(lead, wrap(what, max(p.room(start), leastRoom)), start+hang)
}

// wrapped prints words within the width, the second line further to the right.
func (p *paper) wrapped(parts ...[]word) { p.indented(0, parts...) }

// note prints what stands below a row.
func (p *paper) note(parts ...[]word) { p.indented(4, parts...) }

func (p *paper) indented(by int, parts ...[]word) {
	p.lines([]word{gap(by)}, wrap(slices.Concat(parts...), p.room(by)), by+hang)
}

// whole prints the name of a row, if the row does not show all of it.
func (p *paper) whole(title string, c column, i int) {
	if c.cut(i) {
		p.note(label(title, ""), text(c.names[i]))
	}
}

// gap is blanks between pieces of a line.
func gap(n int) word { return word{text: strings.Repeat(" ", max(n, 0))} }

// phrase is a text that is not broken, such as a date with its time.
func phrase(s string) word { return word{text: words.Printable(s)} }

func colored(s, code string) []word {
	list := text(s)
	for i := range list {
		list[i].code = code
	}
	return list
}

func breadthOf(line []word) int {
	sum := 0
	for _, w := range line {
		sum += breadth(w.text)
	}
	return sum
}
