package report

import (
	"slices"
	"strconv"
	"time"
)

// sum is a column of the sums, with what its title means.
type sum struct {
	title, meaning string
	spare          int
	cell           func(tally) cell
}

func sums() []sum {
	return []sum{
		{"INCIDENTS", "", 0, func(t tally) cell { return cell{tail: strconv.Itoa(len(t.episodes))} }},
		{"DOWN", "", 2, func(t tally) cell { return elapsed(t.down, t.down > 0) }},
		{"HELD", "", 5, func(t tally) cell { return elapsed(t.held, t.held > 0) }},
		{"AVAILABLE", "", 0, tally.availableCell},
		{"MTBF", "mean time up for each death", 4, func(t tally) cell { return elapsed(t.between()) }},
		{"MTTR", "mean time from a death to recovery", 3, func(t tally) cell { return elapsed(t.toRecovery()) }},
		{"KNOWN", "of how much of the period something is known", 6, func(t tally) cell { return elapsed(t.known.length(), t.known.length() > 0) }},
	}
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
func drawSums(t Table, list []tally) {
	g := &grid{width: t.Width, names: nameColumn(nameOnly(list), t.Width), inline: make([]string, len(list))}
	for _, s := range sums() {
		c := column{title: s.title, right: true, spare: s.spare, cells: each(list, s.cell)}
		if c.spare == 0 || c.tells() {
			c.align()
			g.columns = append(g.columns, c)
		}
	}
	for range g.columns {
		if t.Width > 0 && g.total() > t.Width {
			g.leaveOut()
		}
	}
	t.line(g.heading())
	for i := range list {
		t.line(g.row(i))
	}
	for _, s := range sums() {
		for _, c := range g.columns {
			if c.title == s.title && s.meaning != "" {
				t.wrapped(append(label(s.title, ""), text(s.meaning)...), 0)
			}
		}
	}
	if slices.ContainsFunc(list, func(t tally) bool { return t.held > 0 }) {
		t.wrapped(text("Held time counts neither as up nor as down."), 0)
	}
}
