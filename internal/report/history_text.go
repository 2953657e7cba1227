package report

import (
	"bytes"
	"time"

	"daemon-keeper/internal/words"
)

// text is the history for eyes.
func (h History) text(period span, list []tally) {
	var whole bytes.Buffer
	t := Table{Out: &whole, Width: h.Width, Color: h.Color}
	if t.Width > 0 {
		t.Width = max(t.Width, narrowest)
	}
	period = period.begun(list)
	if len(list) == 0 {
		t.wrapped(text("nothing is remembered of any daemon"), 0)
	} else {
		drawBars(t, period, list, h.signs())
		t.line(nil)
		drawSums(t, list)
		t.line(nil)
		drawLast(t, period, list)
	}
	if h.Broken > 0 {
		t.wrapped(append(label("notice", yellow), text(words.Plural(h.Broken, "line")+" of the ledger cannot be read")...), 0)
	}
	_, _ = h.Out.Write(whole.Bytes())
}

// signs are what the bars are drawn with.
func (h History) signs() string {
	if h.Blocks {
		return blocks
	}
	return signs
}

// begun is the part of the period from where on something is known: a month of which
// nothing is known tells nothing.
func (s span) begun(list []tally) span {
	first := s.to
	for _, t := range list {
		if t.known.length() > 0 && t.known.from.Before(first) {
			first = t.known.from
		}
	}
	if s.to.Sub(first) < time.Minute { // there is hardly anything
		return s
	}
	return s.clip(span{first, s.to})
}

// noTerminal is how wide bars are where nothing limits them.
const noTerminal = 80

// fewestColumns is what a bar needs for its dates, with its ends. At 40 columns a
// name has 13 of them.
const fewestColumns = 25

// drawBars draws all bars below each other, so that what died together is seen.
func drawBars(t Table, period span, list []tally, signs string) {
	names := nameColumn(nameOnly(list), t.Width)
	width := t.Width
	if width == 0 {
		width = noTerminal
	}
	width = max(width-names.wide-columnGap, fewestColumns)
	gap := word{text: spaces(names.wide - breadth(names.title) + columnGap)}
	t.line(append([]word{{names.title, bold}, gap}, axis(period, width)...))
	for i, x := range list {
		name := names.cells[i].tail
		gap := word{text: spaces(names.wide - breadth(name) + columnGap)}
		t.line(append([]word{{text: name}, gap}, pieces(x.bar(period, width-2), signs)...))
		if full := words.Printable(x.name); name != full {
			t.note(label("name", ""), text(full))
		}
	}
	t.wrapped(legend(period.length()/time.Duration(width-2), signs), 0)
}

// nameOnly are daemons that have a name only, for the grid.
func nameOnly(list []tally) []Daemon {
	return each(list, func(t tally) Daemon { return Daemon{Name: t.name} })
}

// axis has the ends of the period, in as much detail as there is room for.
func axis(period span, width int) []word {
	layout := "2006-01-02"
	switch {
	case width >= 2*len(moment)+1:
		layout = moment
	case period.length() < 2*day:
		layout = "01-02 15:04"
	}
	from, to := period.from.In(period.to.Location()).Format(layout), period.to.Format(layout)
	return []word{{from, bold}, {text: spaces(width - len(from) - len(to))}, {to, bold}}
}

// moment is a date and a time, for people.
const moment = "2006-01-02 15:04"

func legend(column time.Duration, signs string) []word {
	var words []word
	for _, l := range []struct {
		mark mark
		what string
	}{{markUp, "up,"}, {markDown, "down,"}, {markHeld, "held,"}} {
		words = append(append(words, l.mark.word(signs)), text(l.what)...)
	}
	return append(words, text("blank: not known; a column is "+used(column)+" and shows its worst")...)
}
