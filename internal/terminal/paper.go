package terminal

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
	Red    = "31"
	Green  = "32"
	Yellow = "33"
	Bold   = "1"
)

// Painted is a text of our own, which may contain escape sequences.
type Painted string

func Paint(on bool, code, s string) Painted {
	if !on || code == "" || s == "" {
		return Painted(s)
	}
	return Painted("\x1b[" + code + "m" + s + "\x1b[0m")
}

// leastWidth is the least width that lines are made for. A narrower terminal wraps them.
const leastWidth = 40

// Paper collects lines for a terminal, and writes them in one piece: writing each line would
// need a system call per line. Colour is only added: without it the same text is in the same
// place.
type Paper struct {
	text  bytes.Buffer
	Width int // columns; 0 if there is no limit
	color bool
}

func NewPaper(width int, color bool) *Paper {
	if width > 0 {
		width = max(width, leastWidth)
	}
	return &Paper{Width: width, color: color}
}

// Empty reports whether nothing has been printed yet.
func (p *Paper) Empty() bool { return p.text.Len() == 0 }

// ShowOn writes all lines to out.
func (p *Paper) ShowOn(out io.Writer) { _, _ = out.Write(p.text.Bytes()) }

// LeastRoom is the least number of columns that a text beside another one gets. If there are
// fewer, its lines are longer than the width.
const LeastRoom = 30

// Room returns how many columns are left in a line when taken are used.
func (p *Paper) Room(taken int) int {
	if p.Width == 0 {
		return math.MaxInt
	}
	return p.Width - taken
}

// Line prints pieces that already have blanks between them.
func (p *Paper) Line(pieces ...Word) {
	var b strings.Builder
	for _, w := range pieces {
		b.WriteString(string(Paint(p.color, w.Code, w.Text)))
	}
	p.text.WriteString(strings.TrimRight(b.String(), " ") + "\n")
}

// Lines prints lines, with a lead in front of the first; the others are indented.
func (p *Paper) Lines(lead []Word, lines [][]Word, indent int) {
	for i, line := range lines {
		if i > 0 {
			lead = []Word{Gap(indent)}
		}
		p.Line(append(slices.Clone(lead), line...)...)
	}
}

// Hanging prints a lead and words behind it. Further lines begin in the same column as the
// first word.
func (p *Paper) Hanging(lead, what []Word) {
	start := BreadthOf(lead)
	p.Lines(lead, Wrap(what, max(p.Room(start), LeastRoom)), start+Hang)
}

// Wrapped prints words within the width. Continuation lines are indented.
func (p *Paper) Wrapped(parts ...[]Word) { p.indented(0, parts...) }

// Note prints a text that belongs to the row above it.
func (p *Paper) Note(parts ...[]Word) { p.indented(4, parts...) }

func (p *Paper) indented(by int, parts ...[]Word) {
	p.Lines([]Word{Gap(by)}, Wrap(slices.Concat(parts...), p.Room(by)), by+Hang)
}

// Whole prints the full name of a row if the row shows only a part of it.
func (p *Paper) Whole(title string, c Column, i int) {
	if c.Cut(i) {
		p.Note(Label(title, ""), Text(c.names[i]))
	}
}

// Gap returns n blanks as a piece of a line.
func Gap(n int) Word { return Word{Text: strings.Repeat(" ", max(n, 0))} }

// Phrase is a text that is not broken, such as a date with its time.
func Phrase(s string) Word { return Word{Text: words.Printable(s)} }

func InColor(s, code string) []Word {
	list := Text(s)
	for i := range list {
		list[i].Code = code
	}
	return list
}

func BreadthOf(line []Word) int {
	sum := 0
	for _, w := range line {
		sum += Breadth(w.Text)
	}
	return sum
}
