package report

import (
	"slices"
	"strconv"
	"time"

	"daemon-keeper/internal/terminal"
)

// sums are the columns beside the name.
func sums() []terminal.ColumnOf[tally] {
	return []terminal.ColumnOf[tally]{
		{Title: "INCIDENTS", Right: true, Spare: 0, Cell: func(t tally) terminal.Cell { return terminal.Cell{Tail: strconv.Itoa(len(t.episodes))} }},
		{Title: "DOWN", Right: true, Spare: 2, Cell: func(t tally) terminal.Cell { return elapsed(t.down, t.down > 0) }},
		{Title: "HELD", Right: true, Spare: 5, Cell: func(t tally) terminal.Cell { return elapsed(t.held, t.held > 0) }},
		{Title: "AVAILABLE", Right: true, Spare: 0, Cell: tally.availableCell},
		{Title: "MTBF", Right: true, Spare: 4, Cell: func(t tally) terminal.Cell { return elapsed(t.between()) }},
		{Title: "MTTR", Right: true, Spare: 3, Cell: func(t tally) terminal.Cell { return elapsed(t.toRecovery()) }},
		{Title: "KNOWN", Right: true, Spare: 6, Cell: func(t tally) terminal.Cell { return elapsed(t.known.length(), t.known.length() > 0) }},
	}
}

// meaning explains a title, if it needs that.
func meaning(title string) string {
	switch title {
	case "MTBF":
		return "mean time up for each death"
	case "MTTR":
		return "mean time from a death to recovery"
	case "KNOWN":
		return "of how much of the period something is known"
	}
	return ""
}

func elapsed(d time.Duration, ok bool) terminal.Cell {
	if !ok {
		return terminal.Cell{Tail: terminal.Nothing}
	}
	return terminal.Cell{Tail: terminal.Used(d)}
}

// availableCell has three decimals, so that they are in line; 100 has none.
func (t tally) availableCell() terminal.Cell {
	percent, ok := t.availability()
	switch {
	case !ok:
		return terminal.Cell{Tail: terminal.Nothing}
	case percent == 100:
		return terminal.Cell{Tail: "100 %", Code: terminal.Green}
	}
	c := terminal.Cell{Tail: strconv.FormatFloat(percent, 'f', 3, 64) + " %"}
	if percent < 99 {
		c.Code = terminal.Red
	}
	return c
}

// drawSums prints a row for each daemon.
func drawSums(p *terminal.Paper, list []tally) {
	g := terminal.NewGrid(p, append([]terminal.Column{nameColumn(p, list)}, terminal.ColumnsOf(list, sums()...)...))
	g.Heading()
	for i := range list {
		g.Row(i)
	}
	for _, c := range g.Columns {
		if what := meaning(c.Title); what != "" {
			p.Wrapped(terminal.Label(c.Title, ""), terminal.Text(what))
		}
	}
	if slices.ContainsFunc(list, func(t tally) bool { return t.held > 0 }) {
		p.Wrapped(terminal.Text("Held time counts neither as up nor as down."))
	}
}
