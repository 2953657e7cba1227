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
	var all []history.Episode
	for _, x := range list {
		all = append(all, x.Episodes...)
	}
	if len(all) == 0 {
		p.Wrapped(terminal.Text("No incident is known in this time."))
		return
	}
	slices.SortStableFunc(all, func(a, b history.Episode) int { return a.From.Compare(b.From) })
	if earlier := len(all) - mostIncidents; earlier > 0 {
		p.Wrapped(terminal.Text(words.Plural(earlier, "earlier incident") + " (-o json has them), and the last " + fmt.Sprint(mostIncidents) + ":"))
		all = all[earlier:]
	} else {
		p.Wrapped(terminal.Text(words.Plural(len(all), "incident") + ":"))
	}
	titles := terminal.Names("NAME", p.Width/3, each(all, title))
	began := terminal.ColumnOf[history.Episode]{Title: "BEGAN", Right: false, Spare: 0, Cell: func(x history.Episode) terminal.Cell {
		return terminal.Cell{Tail: x.From.In(period.To.Location()).Format(moment)}
	}}
	g := terminal.NewGrid(p, slices.Concat(terminal.ColumnsOf(all, began), []terminal.Column{titles}, terminal.ColumnsOf(all, incidentColumns()...)))
	g.Place("CAUSE", each(all, history.Episode.Story))
	g.Heading()
	for i := range all {
		g.Row(i)
		p.Whole("name", titles, i)
		p.Note(terminal.Text(g.Below[i]))
	}
}

// title is the daemon's name, and the number by which why finds the incident.
func title(x history.Episode) string {
	if x.Number > 0 {
		return fmt.Sprintf("%s #%d", x.Daemon, x.Number)
	}
	return x.Daemon
}

// incidentColumns are those behind the name.
func incidentColumns() []terminal.ColumnOf[history.Episode] {
	return []terminal.ColumnOf[history.Episode]{
		{Title: "DOWN FOR", Right: true, Spare: 1, Cell: func(x history.Episode) terminal.Cell { return terminal.Cell{Tail: terminal.Used(x.Length())} }},
		{Title: "HELD", Right: true, Spare: 4, Cell: func(x history.Episode) terminal.Cell {
			return elapsed(x.HeldPart.Length(), x.HeldPart.Length() > 0 && x.Death())
		}},
		{Title: "END", Right: false, Spare: 2, Cell: func(x history.Episode) terminal.Cell {
			what, code := ending(x.Outcome)
			return terminal.Cell{Tail: terminal.CutMiddle(strings.TrimSpace(words.Printable(what)), longestEnd), Code: code}
		}},
		{Title: "TRIES", Right: true, Spare: 3, Cell: func(x history.Episode) terminal.Cell { return terminal.CellOf(strconv.Itoa(x.Tries), x.Tries > 0) }},
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
