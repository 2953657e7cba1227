package report

import (
	"strings"
	"time"

	"daemon-keeper/internal/terminal"
)

// mark is what a column of a bar shows. The greater one of two is shown.
type mark int

const (
	markUnknown mark = iota
	markUp
	markHeld
	markDown
)

// The signs of the marks, which tell the same without colour. Among blocks trouble
// stands out as a peak.
const (
	signs  = " =.X"
	blocks = " ▁▒█"
)

func (m mark) code() string { return []string{"", terminal.Green, terminal.Yellow, terminal.Red}[m] }

func (m mark) word(signs string) terminal.Word {
	return terminal.Word{Text: string([]rune(signs)[m]), Code: m.code()}
}

// bar is the period in so many columns. Each shows the worst that is known of its
// part, so that a short death is not lost among days.
func (t tally) bar(period span, columns int) []mark {
	b := bar{period, make([]mark, columns)}
	if t.known.length() > 0 {
		b.draw(t.known, markUp)
	}
	for _, e := range t.episodes {
		if e.held.length() > 0 {
			b.draw(e.held, markHeld)
		}
		if e.death() {
			b.draw(e.down, markDown)
		}
	}
	return b.marks
}

type bar struct {
	period span
	marks  []mark
}

// draw marks each column that a span touches; one of no length touches one.
func (b bar) draw(s span, m mark) {
	if !s.meets(b.period) || len(b.marks) == 0 {
		return
	}
	s = s.clip(b.period)
	for i := b.column(s.from); i <= max(b.column(s.from), b.column(s.to.Add(-1))); i++ {
		b.marks[i] = max(b.marks[i], m)
	}
}

func (b bar) column(t time.Time) int {
	share := float64(t.Sub(b.period.from)) / float64(max(b.period.length(), 1))
	return min(max(int(share*float64(len(b.marks))), 0), len(b.marks)-1)
}

// pieces are the marks as text, between two ends so that blanks are seen.
func pieces(marks []mark, signs string) []terminal.Word {
	words := []terminal.Word{{Text: "["}}
	for i := 0; i < len(marks); {
		n := 1
		for i+n < len(marks) && marks[i+n] == marks[i] {
			n++
		}
		sign := marks[i].word(signs)
		words = append(words, terminal.Word{Text: strings.Repeat(sign.Text, n), Code: sign.Code})
		i += n
	}
	return append(words, terminal.Word{Text: "]"})
}
