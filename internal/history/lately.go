package history

import (
	"cmp"
	"strings"
	"time"

	"daemon-keeper/internal/terminal"
)

// Lately is what a daemon has died of in the last days.
type Lately struct {
	Deaths int
	Last   time.Time // when the last of them began
	Took   time.Duration
	Cause  string // "" if it is not known
}

// LatelyPeriod is how far status looks back.
const LatelyPeriod = 30 * terminal.Day

// Lately counts the deaths that were over before now, and tells of the last one.
func (p Past) Lately(now time.Time) Lately {
	t := p.Tally(Span{now.Add(-LatelyPeriod), now})
	l := Lately{}
	for _, e := range t.Episodes {
		if e.Death() && !e.UnderWay {
			l.Deaths++
			l.Last, l.Took, l.Cause = e.From, e.Length(), e.Story()
		}
	}
	return l
}

// Story is the cause, or how it was found if that tells more than that it was down; and for
// whom a service was restarted, unless that was for this daemon.
func (e Episode) Story() string {
	var known []string
	if why := cmp.Or(e.Cause, e.Reason); why != "" && why != "not running" {
		known = append(known, why)
	}
	if e.For != "" {
		known = append(known, "came back with a restart for "+"'"+e.For+"'")
	}
	return strings.Join(known, "; ")
}
