package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// mostIncidents is how many of the last incidents are shown, of all daemons together.
const mostIncidents = 10

// drawLast prints the last incidents, the very last one at the end, where a terminal
// stands still.
func drawLast(t Table, period span, list []tally) {
	var all []told
	for _, x := range list {
		for _, e := range x.episodes {
			all = append(all, told{x.name, e})
		}
	}
	if len(all) == 0 {
		t.wrapped(text("No incident is known in this time."), 0)
		return
	}
	slices.SortStableFunc(all, func(a, b told) int { return a.from.Compare(b.from) })
	if earlier := len(all) - mostIncidents; earlier > 0 {
		t.wrapped(text(words.Plural(earlier, "earlier incident")+" (-o json has them), and the last "+fmt.Sprint(mostIncidents)+":"), 0)
		all = all[earlier:]
	} else {
		t.wrapped(text(words.Plural(len(all), "incident")+":"), 0)
	}
	g := incidentGrid(all, period.to.Location(), t.Width)
	t.line(g.heading())
	for i, x := range all {
		t.line(g.row(i))
		if name := words.Printable(x.title()); name != g.columns[0].cells[i].tail {
			t.note(label("name", ""), text(name))
		}
		if g.below(i) {
			t.note(text(x.known()))
		}
	}
}

// told is an incident of a daemon.
type told struct {
	name string
	episode
}

// title is the name, and the number by which why finds it.
func (x told) title() string {
	if x.Number > 0 {
		return fmt.Sprintf("%s #%d", x.name, x.Number)
	}
	return x.name
}

// incidentGrid has a row for each incident, with the cause at its end or below it.
func incidentGrid(all []told, zone *time.Location, width int) *grid {
	g := &grid{width: width, last: "CAUSE", names: column{title: "BEGAN"}}
	columns := []column{{title: "NAME"}, {title: "DOWN FOR", right: true, spare: 1}, {title: "HELD", right: true, spare: 4}, {title: "END", spare: 2}, {title: "TRIES", right: true, spare: 3}}
	for _, x := range all {
		g.names.cells = append(g.names.cells, cell{tail: x.from.In(zone).Format(moment)})
		name := words.Printable(x.title())
		if width > 0 {
			name = cutMiddle(name, width/3)
		}
		what, code := x.ending()
		held, tries := x.held.length(), strconv.Itoa(x.Tries)
		if x.Tries <= 0 {
			tries = nothing
		}
		for i, c := range []cell{{tail: name}, {tail: used(x.length())}, elapsed(held, held > 0 && x.death()), {tail: cutMiddle(strings.TrimSpace(words.Printable(what)), longestEnd), code: code}, {tail: tries}} {
			columns[i].cells = append(columns[i].cells, c)
		}
	}
	g.names.align()
	for _, c := range columns {
		if c.spare == 0 || c.tells() {
			c.align()
			g.columns = append(g.columns, c)
		}
	}
	for range columns {
		if width > 0 && g.total() > width {
			g.leaveOut()
		}
	}
	g.place(each(all, func(x told) string { return x.known() }))
	return g
}

// longestEnd is how much of how an incident ended there is room for.
const longestEnd = 24

func colored(s, code string) []word {
	return each(text(s), func(w word) word { return word{w.text, code} })
}

// known is the cause, or how it was found if that tells more than that it was down; and for
// whom a service was restarted, unless that was for this daemon.
func (e episode) known() string {
	var known []string
	if why := e.why(); why != "" && why != "not running" {
		known = append(known, why)
	}
	if e.For != "" {
		known = append(known, "came back with a restart for "+"'"+e.For+"'")
	}
	return strings.Join(known, "; ")
}

// why is the cause, or else how it was found.
func (e episode) why() string {
	if e.Cause != "" {
		return e.Cause
	}
	return e.Reason
}

// ending is how it has ended, for people.
func (e episode) ending() (what, code string) {
	switch e.Outcome {
	case words.BroughtBack:
		what, code = "brought back", green
	case words.CameBack:
		what, code = "came back by itself", green
	case words.LeftAlone:
		what, code = "held", yellow
	case words.Removed:
		what, code = "no longer kept", yellow
	case words.StillDown, "":
		what, code = "still down", red
	default:
		what, code = string(e.Outcome), yellow
	}
	return what, code
}
