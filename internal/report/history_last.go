package report

import (
	"fmt"
	"slices"

	"daemon-keeper/internal/words"
)

// mostIncidents is how many of the last incidents are shown, of all daemons together.
const mostIncidents = 10

// drawLast prints the last incidents, the very last one at the end, where a terminal
// stands still.
func drawLast(t Table, period span, list []tally) {
	type told struct {
		name string
		episode
	}
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
	for _, x := range all {
		date := word{text: x.from.In(period.to.Location()).Format(moment)}
		t.wrapped(append([]word{date}, x.words(x.name)...), 0)
	}
}

// words are what is said of an incident.
func (e episode) words(name string) []word {
	if e.Number > 0 {
		name += fmt.Sprintf(" #%d", e.Number)
	}
	words := append(text(name+":"), text("down for "+used(e.length()))...)
	if held := e.held.length(); held > 0 && e.death() {
		words = append(words, text("("+used(held)+" of it held)")...)
	}
	words[len(words)-1].text += ","
	what, code := e.ending()
	words = append(words, colored(what, code)...)
	if e.Tries > 0 {
		tries := "tries"
		if e.Tries == 1 {
			tries = "try"
		}
		words = append(words, text(fmt.Sprintf("after %d %s", e.Tries, tries))...)
	}
	if why := e.why(); why != "" {
		words[len(words)-1].text += ":"
		words = append(words, text(why)...)
	}
	return words
}

func colored(s, code string) []word {
	return each(text(s), func(w word) word { return word{w.text, code} })
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
	case broughtBack:
		what, code = "brought back", green
	case cameBack:
		what, code = "came back by itself", green
	case heldOutcome:
		what, code = "held", yellow
	case removed:
		what, code = "and then no longer kept", yellow
	case stillDown, "":
		what, code = "still down", red
	default:
		what, code = e.Outcome, yellow
	}
	return what, code
}
