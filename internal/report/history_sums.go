package report

import (
	"slices"
	"strconv"
	"time"

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/terminal"
)

// sums are the columns beside the name.
func sums() []terminal.ColumnOf[history.Tally] {
	return []terminal.ColumnOf[history.Tally]{
		{Title: "INCIDENTS", Right: true, Spare: 0, Cell: func(t history.Tally) terminal.Cell { return terminal.Cell{Tail: strconv.Itoa(len(t.Episodes))} }},
		{Title: "DOWN", Right: true, Spare: 2, Cell: func(t history.Tally) terminal.Cell { return elapsed(t.Down, t.Down > 0) }},
		{Title: "HELD", Right: true, Spare: 5, Cell: func(t history.Tally) terminal.Cell { return elapsed(t.Held, t.Held > 0) }},
		{Title: "AVAILABLE", Right: true, Spare: 0, Cell: availableCell},
		{Title: "MTBF", Right: true, Spare: 4, Cell: func(t history.Tally) terminal.Cell { return elapsed(t.Between()) }},
		{Title: "MTTR", Right: true, Spare: 3, Cell: func(t history.Tally) terminal.Cell { return elapsed(t.ToRecovery()) }},
		{Title: "KNOWN", Right: true, Spare: 6, Cell: func(t history.Tally) terminal.Cell { return elapsed(t.Known.Length(), t.Known.Length() > 0) }},
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

func elapsed(d time.Duration, ok bool) terminal.Cell { return terminal.CellOf(terminal.Used(d), ok) }

// availableCell has three decimals, so that they are in line; 100 has none.
func availableCell(t history.Tally) terminal.Cell {
	percent, ok := t.Availability()
	c := terminal.CellOf(strconv.FormatFloat(percent, 'f', 3, 64)+" %", ok)
	switch {
	case ok && percent == 100:
		c = terminal.Cell{Tail: "100 %", Code: terminal.Green}
	case ok && percent < 99:
		c.Code = terminal.Red
	}
	return c
}

// drawSums prints a row for each daemon.
func drawSums(p *terminal.Paper, list []history.Tally) {
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
	if slices.ContainsFunc(list, func(t history.Tally) bool { return t.Held > 0 }) {
		p.Wrapped(terminal.Text("Held time counts neither as up nor as down."))
	}
}
