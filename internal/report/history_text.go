package report

import (
	"cmp"
	"time"

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// text prints the history for people.
func (h History) text(period history.Span, list []history.Tally) {
	p := terminal.NewPaper(h.Width, h.Color)
	period = period.Begun(list)
	if len(list) == 0 {
		p.Wrapped(terminal.Text("nothing is remembered of any daemon"))
	} else {
		drawBars(p, period, list, h.signs())
		p.Line()
		drawSums(p, list)
		p.Line()
		drawLast(p, period, list)
	}
	if h.Broken > 0 {
		p.Wrapped(terminal.Label("notice", terminal.Yellow), terminal.Text(words.Plural(h.Broken, "line")+" of the ledger cannot be read"))
	}
	p.ShowOn(h.Out)
}

// signs are what the bars are drawn with.
func (h History) signs() string {
	if h.Blocks {
		return blocks
	}
	return signs
}

// noTerminal is how wide bars are where nothing limits them.
const noTerminal = 80

// fewestColumns is what a bar needs for its dates, with its ends. At 40 columns a
// name has 13 of them.
const fewestColumns = 25

// drawBars draws all bars below each other, so that what died together is seen.
func drawBars(p *terminal.Paper, period history.Span, list []history.Tally, signs string) {
	titles := nameColumn(p, list)
	width := max(cmp.Or(p.Width, noTerminal)-titles.Wide-terminal.ColumnGap, fewestColumns)
	row := func(title terminal.Word, bar []terminal.Word) {
		p.Line(append([]terminal.Word{title, terminal.Gap(titles.Wide - terminal.Breadth(title.Text) + terminal.ColumnGap)}, bar...)...)
	}
	row(terminal.Word{Text: titles.Title, Code: terminal.Bold}, axis(period, width))
	for i, x := range list {
		row(terminal.Word{Text: titles.Cells[i].Tail}, pieces(x.Bar(period, width-2), signs))
		p.Whole("name", titles, i)
	}
	p.Wrapped(legend(period.Length()/time.Duration(width-2), signs))
}

func nameColumn(p *terminal.Paper, list []history.Tally) terminal.Column {
	return terminal.Names("NAME", p.Width/3, each(list, func(t history.Tally) string { return t.Name }))
}

// axis has the ends of the period, in as much detail as there is room for.
func axis(period history.Span, width int) []terminal.Word {
	layout := "2006-01-02"
	switch {
	case width >= 2*len(moment)+1:
		layout = moment
	case period.Length() < 2*terminal.Day:
		layout = "01-02 15:04"
	}
	from, to := period.From.In(period.To.Location()).Format(layout), period.To.Format(layout)
	return []terminal.Word{{Text: from, Code: terminal.Bold}, terminal.Gap(width - len(from) - len(to)), {Text: to, Code: terminal.Bold}}
}

// moment is a date and a time, for people.
const moment = "2006-01-02 15:04"

func legend(column time.Duration, signs string) []terminal.Word {
	var words []terminal.Word
	for _, l := range []struct {
		mark history.Mark
		what string
	}{{history.Up, "up,"}, {history.Down, "down,"}, {history.Held, "held,"}} {
		words = append(append(words, markWord(l.mark, signs)), terminal.Text(l.what)...)
	}
	return append(words, terminal.Text("blank: not known; a column is "+terminal.Used(column)+" and shows its worst")...)
}
