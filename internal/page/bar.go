package page

import (
	"fmt"
	"math"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// days is how many columns a bar has, one for each 24 hours until the history ends.
const (
	days = 90
	day  = 24 * time.Hour
)

// mark is the state of a day. The worst state of a day is shown, so that a short failure is
// not lost.
type mark int

const (
	markUnknown mark = iota
	markUp
	markHeld
	markDown
)

// bar shows a daemon's last days. The heights say the same as the colours.
type bar struct {
	Runs  []bit
	Label string // the same in words
}

// bit is a run of equal days.
type bit struct {
	X, Width, Y, Height int
	Class               string
}

// marks returns the days of a history, the last one at the end.
func (p past) marks(to time.Time) []mark {
	list := make([]mark, days)
	draw := func(from, until time.Time, m mark) {
		first, last := column(from, to), column(until, to)
		if last < 0 || first >= days {
			return
		}
		for i := max(first, 0); i <= min(last, days-1); i++ {
			list[i] = max(list[i], m)
		}
	}
	if !p.KnownFrom.IsZero() {
		draw(p.KnownFrom, p.KnownTo, markUp)
	}
	for _, i := range p.Incidents {
		end := i.Down.Add(words.Duration(i.Seconds))
		if i.UnderWay {
			end = to
		}
		m := markHeld
		if i.Death {
			m = markDown
		}
		draw(i.Down, end, m)
	}
	return list
}

// column returns the column of a time; it may be outside of the bar.
func column(t, to time.Time) int {
	return days - 1 - int(math.Floor(float64(to.Sub(t))/float64(day)))
}

// The heights of a bar are these parts of ten.
const (
	tall = 10
	low  = 6
	half = 8
	flat = 1
)

func newBar(p past, to time.Time) *bar {
	marks := p.marks(to)
	b := &bar{Label: p.summary(marks)}
	for i := 0; i < days; {
		n := 1
		for i+n < days && marks[i+n] == marks[i] {
			n++
		}
		run := bit{X: i, Width: n}
		switch marks[i] {
		case markUp:
			run.Height, run.Class = low, "u"
		case markHeld:
			run.Height, run.Class = half, "h"
		case markDown:
			run.Height, run.Class = tall, "d"
		default:
			run.Height, run.Class = flat, "n"
		}
		run.Y = tall - run.Height
		b.Runs = append(b.Runs, run)
		i += n
	}
	return b
}

// summary says in words what a bar shows, for people who cannot see it.
func (p past) summary(marks []mark) string {
	count := make(map[mark]int)
	for _, m := range marks {
		count[m]++
	}
	var parts []string
	switch {
	case p.Deaths == 0:
		parts = append(parts, "no death")
	default:
		parts = append(parts, words.Plural(p.Deaths, "death"))
	}
	if p.Availability != nil {
		parts = append(parts, percent(*p.Availability)+" up")
	}
	if n := count[markDown]; n > 0 {
		parts = append(parts, "down on "+words.Plural(n, "day"))
	}
	if n := count[markHeld]; n > 0 {
		parts = append(parts, "left alone on "+words.Plural(n, "day"))
	}
	if n := days - count[markUnknown]; n < days {
		parts = append(parts, "known for "+words.Plural(n, "day"))
	}
	return strings.Join(parts, ", ")
}

// percent formats a percentage; it never rounds up to 100.
func percent(p float64) string {
	if math.IsNaN(p) || p < 0 || p > 100 {
		return "?"
	}
	if p == 100 {
		return "100 %"
	}
	return fmt.Sprintf("%.2f %%", math.Floor(p*100)/100)
}
