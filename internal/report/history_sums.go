package report

import (
	"slices"
	"strconv"
	"time"
)

// sums are the columns beside the name.
func sums() []columnOf[tally] {
	return []columnOf[tally]{
		{"INCIDENTS", true, 0, func(t tally) cell { return cell{tail: strconv.Itoa(len(t.episodes))} }},
		{"DOWN", true, 2, func(t tally) cell { return elapsed(t.down, t.down > 0) }},
		{"HELD", true, 5, func(t tally) cell { return elapsed(t.held, t.held > 0) }},
		{"AVAILABLE", true, 0, tally.availableCell},
		{"MTBF", true, 4, func(t tally) cell { return elapsed(t.between()) }},
		{"MTTR", true, 3, func(t tally) cell { return elapsed(t.toRecovery()) }},
		{"KNOWN", true, 6, func(t tally) cell { return elapsed(t.known.length(), t.known.length() > 0) }},
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

func elapsed(d time.Duration, ok bool) cell {
	if !ok {
		return cell{tail: nothing}
	}
	return cell{tail: used(d)}
}

// availableCell has three decimals, so that they are in line; 100 has none.
func (t tally) availableCell() cell {
	percent, ok := t.availability()
	switch {
	case !ok:
		return cell{tail: nothing}
	case percent == 100:
		return cell{tail: "100 %", code: green}
	}
	c := cell{tail: strconv.FormatFloat(percent, 'f', 3, 64) + " %"}
	if percent < 99 {
		c.code = red
	}
	return c
}

// drawSums prints a row for each daemon.
func drawSums(p *paper, list []tally) {
	g := newGrid(p, append([]column{nameColumn(p, list)}, columnsOf(list, sums()...)...))
	g.heading()
	for i := range list {
		g.row(i)
	}
	for _, c := range g.columns {
		if what := meaning(c.title); what != "" {
			p.wrapped(label(c.title, ""), text(what))
		}
	}
	if slices.ContainsFunc(list, func(t tally) bool { return t.held > 0 }) {
		p.wrapped(text("Held time counts neither as up nor as down."))
	}
}
