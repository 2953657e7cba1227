package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/internal/words"
)

// mostIncidents is how many of the last incidents are shown, of all daemons together.
const mostIncidents = 10

// drawLast prints the last incidents, the very last one at the end, where a terminal
// stands still.
func drawLast(p *paper, period span, list []tally) {
	var all []told
	for _, x := range list {
		for _, e := range x.episodes {
			all = append(all, told{x.name, e})
		}
	}
	if len(all) == 0 {
		p.wrapped(text("No incident is known in this time."))
		return
	}
	slices.SortStableFunc(all, func(a, b told) int { return a.from.Compare(b.from) })
	if earlier := len(all) - mostIncidents; earlier > 0 {
		p.wrapped(text(words.Plural(earlier, "earlier incident") + " (-o json has them), and the last " + fmt.Sprint(mostIncidents) + ":"))
		all = all[earlier:]
	} else {
		p.wrapped(text(words.Plural(len(all), "incident") + ":"))
	}
	titles := names("NAME", p.width/3, each(all, told.title))
	began := columnOf[told]{"BEGAN", false, 0, func(x told) cell { return cell{tail: x.from.In(period.to.Location()).Format(moment)} }}
	g := newGrid(p, slices.Concat(columnsOf(all, began), []column{titles}, columnsOf(all, incidentColumns()...)))
	g.place("CAUSE", each(all, told.known))
	g.heading()
	for i := range all {
		g.row(i)
		p.whole("name", titles, i)
		p.note(text(g.below[i]))
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

// incidentColumns are those behind the name.
func incidentColumns() []columnOf[told] {
	return []columnOf[told]{
		{"DOWN FOR", true, 1, func(x told) cell { return cell{tail: used(x.length())} }},
		{"HELD", true, 4, func(x told) cell { return elapsed(x.held.length(), x.held.length() > 0 && x.death()) }},
		{"END", false, 2, func(x told) cell {
			what, code := x.ending()
			return cell{tail: cutMiddle(strings.TrimSpace(words.Printable(what)), longestEnd), code: code}
		}},
		{"TRIES", true, 3, func(x told) cell {
			if x.Tries <= 0 {
				return cell{tail: nothing}
			}
			return cell{tail: strconv.Itoa(x.Tries)}
		}},
	}
}

// longestEnd is how much of how an incident ended there is room for.
const longestEnd = 24

// known is the cause, or how it was found if that tells more than that it was down; and for
// whom a service was restarted, unless that was for this daemon.
func (e episode) known() string {
	var known []string
	if why := cmp.Or(e.Cause, e.Reason); why != "" && why != "not running" {
		known = append(known, why)
	}
	if e.For != "" {
		known = append(known, "came back with a restart for "+"'"+e.For+"'")
	}
	return strings.Join(known, "; ")
}

// ending is how it has ended, for people.
func (e episode) ending() (what, code string) {
	switch e.Outcome {
	case broughtBack:
		what, code = "brought back", green
	case cameBack:
		what, code = "came back by itself", green
	case heldOutcome:
		what, code = "held", yellow
	case removed:
		what, code = "no longer kept", yellow
	case stillDown, "":
		what, code = "still down", red
	default:
		what, code = e.Outcome, yellow
	}
	return what, code
}
