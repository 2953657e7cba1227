package history

import "time"

// Mark is what a column of a bar shows. The greater one of two is shown.
type Mark int

// The marks, from what is known the least of to what is the worst.
const (
	Unknown Mark = iota
	Up
	Held
	Down
)

// Bar is the period in so many columns. Each shows the worst that is known of its
// part, so that a short death is not lost among days.
func (t Tally) Bar(period Span, columns int) []Mark {
	b := bar{period, make([]Mark, columns)}
	if t.Known.Length() > 0 {
		b.draw(t.Known, Up)
	}
	for _, e := range t.Episodes {
		if e.HeldPart.Length() > 0 {
			b.draw(e.HeldPart, Held)
		}
		if e.Death() {
			b.draw(e.DownPart, Down)
		}
	}
	return b.marks
}

type bar struct {
	period Span
	marks  []Mark
}

// draw marks each column that a span touches; one of no length touches one.
func (b bar) draw(s Span, m Mark) {
	if !s.meets(b.period) || len(b.marks) == 0 {
		return
	}
	s = s.clip(b.period)
	for i := b.column(s.From); i <= max(b.column(s.From), b.column(s.To.Add(-1))); i++ {
		b.marks[i] = max(b.marks[i], m)
	}
}

func (b bar) column(t time.Time) int {
	share := float64(t.Sub(b.period.From)) / float64(max(b.period.Length(), 1))
	return min(max(int(share*float64(len(b.marks))), 0), len(b.marks)-1)
}
