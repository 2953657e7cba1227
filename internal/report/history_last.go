package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// mostIncidents is how many of the last incidents are shown, of all daemons together.
const mostIncidents = 10

// drawLast prints the last incidents, the very last one at the end, where a terminal
// stands still.
func drawLast(p *terminal.Paper, period history.Span, list []history.Tally) {
	var all []told
	for _, x := range list {
		for _, e := range x.Episodes {
			all = append(all, told{x.Name, e})
		}
	}
	if len(all) == 0 {
		p.Wrapped(terminal.Text("No incident is known in this time."))
		return
	}
	slices.SortStableFunc(all, func(a, b told) int { return a.From.Compare(b.From) })
	if earlier := len(all) - mostIncidents; earlier > 0 {
		p.Wrapped(terminal.Text(words.Plural(earlier, "earlier incident") + " (-o json has them), and the last " + fmt.Sprint(mostIncidents) + ":"))
		all = all[earlier:]
	} else {
		p.Wrapped(terminal.Text(words.Plural(len(all), "incident") + ":"))
	}
	titles := terminal.Names("NAME", p.Width/3, each(all, told.title))
	began := terminal.ColumnOf[told]{Title: "BEGAN", Right: false, Spare: 0, Cell: func(x told) terminal.Cell { return terminal.Cell{Tail: x.From.In(period.To.Location()).Format(moment)} }}
	g := terminal.NewGrid(p, slices.Concat(terminal.ColumnsOf(all, began), []terminal.Column{titles}, terminal.ColumnsOf(all, incidentColumns()...)))
	g.Place("CAUSE", each(all, told.Story))
	g.Heading()
	for i := range all {
		g.Row(i)
		p.Whole("name", titles, i)
		p.Note(terminal.Text(g.Below[i]))
	}
}

// told is an incident of a daemon.
type told struct {
	name string
	history.Episode
}

// title is the name, and the number by which why finds it.
func (x told) title() string {
	if x.Number > 0 {
		return fmt.Sprintf("%s #%d", x.name, x.Number)
	}
	return x.name
}

// incidentColumns are those behind the name.
func incidentColumns() []terminal.ColumnOf[told] {
	return []terminal.ColumnOf[told]{
		{Title: "DOWN FOR", Right: true, Spare: 1, Cell: func(x told) terminal.Cell { return terminal.Cell{Tail: terminal.Used(x.Length())} }},
		{Title: "HELD", Right: true, Spare: 4, Cell: func(x told) terminal.Cell { return elapsed(x.HeldPart.Length(), x.HeldPart.Length() > 0 && x.Death()) }},
		{Title: "END", Right: false, Spare: 2, Cell: func(x told) terminal.Cell {
			what, code := ending(x.Outcome)
			return terminal.Cell{Tail: terminal.CutMiddle(strings.TrimSpace(words.Printable(what)), longestEnd), Code: code}
		}},
		{Title: "TRIES", Right: true, Spare: 3, Cell: func(x told) terminal.Cell {
			if x.Tries <= 0 {
				return terminal.Cell{Tail: terminal.Nothing}
			}
			return terminal.Cell{Tail: strconv.Itoa(x.Tries)}
		}},
	}
}

// longestEnd is how much of how an incident ended there is room for.
const longestEnd = 24

// ending is how it has ended, for people.
func ending(outcome words.Outcome) (what, code string) {
	switch outcome {
	case words.BroughtBack:
		what, code = "brought back", terminal.Green
	case words.CameBack:
		what, code = "came back by itself", terminal.Green
	case words.LeftAlone:
		what, code = "held", terminal.Yellow
	case words.Removed:
		what, code = "no longer kept", terminal.Yellow
	case words.StillDown, "":
		what, code = "still down", terminal.Red
	default:
		what, code = string(outcome), terminal.Yellow
	}
	return what, code
}
