package report

import (
	"slices"
	"time"

	"daemon-keeper/internal/words"
)

// span is the half-open interval [from, to).
type span struct{ from, to time.Time }

func (s span) length() time.Duration { return max(s.to.Sub(s.from), 0) }

func (s span) clip(by span) span {
	if s.from.Before(by.from) {
		s.from = by.from
	}
	if s.to.After(by.to) {
		s.to = by.to
	}
	return s
}

func (s span) has(t time.Time) bool { return !t.Before(s.from) && !t.After(s.to) }

// meets: an incident of no length belongs to the period that it lies in.
func (s span) meets(period span) bool {
	return period.has(s.from) || s.from.Before(period.from) && s.to.After(period.from)
}

// with makes room for a moment. The zero span has none yet.
func (s span) with(t time.Time) span {
	if t.IsZero() {
		return s
	}
	if s.from.IsZero() || t.Before(s.from) {
		s.from = t
	}
	if t.After(s.to) {
		s.to = t
	}
	return s
}

// episode is an incident on the line of time. The clock of the day may have been set
// meanwhile: how long it took counts, from its beginning, or until now.
type episode struct {
	Incident
	span
	down, held span // its parts
}

func (i Incident) episode(now time.Time) episode {
	took := i.Took
	switch {
	case took > 0:
	case i.UnderWay:
		took = now.Sub(i.Down)
	default:
		took = i.Up.Sub(i.Down)
	}
	took = max(took, 0)
	e := episode{Incident: i, span: span{i.Down, i.Down.Add(took)}}
	if i.UnderWay {
		e.span = span{now.Add(-took), now}
	}
	held := min(max(i.Held, 0), took)
	if i.Outcome == words.LeftAlone && held == 0 {
		held = took
	}
	e.place(held)
	return e
}

// place: only the sum of the time that it was left alone is known. A run looks
// whether it may act before it acts, so it lies at the beginning; unless it ended
// the incident.
func (e *episode) place(held time.Duration) {
	if e.Outcome == words.LeftAlone {
		turn := e.to.Add(-held)
		e.down, e.held = span{e.from, turn}, span{turn, e.to}
		return
	}
	turn := e.from.Add(held)
	e.held, e.down = span{e.from, turn}, span{turn, e.to}
}

// planned is how much of an incident may be other than held for it to be nobody's
// death: what was stopped on purpose was left alone all the time.
const planned = time.Second

// death reports whether a daemon died: it was not only stopped and left alone.
func (e *episode) death() bool {
	return e.held.length() == 0 || e.down.length() >= planned
}

// tally is what a daemon's past comes to within a period.
type tally struct {
	name      string
	known     span      // the part of the period of which something is known
	episodes  []episode // of which some part lies in the period, as they began
	down      time.Duration
	held      time.Duration
	deaths    int           // that happened in the period
	recovered int           // deaths that were over in the period
	recovery  time.Duration // that all of them took together
}

// tally reckons; it looks at nothing but its arguments.
func (p Past) tally(period span) tally {
	t := tally{name: p.Name}
	known := span{}.with(p.Known).with(p.Seen)
	for _, i := range p.Incidents {
		e := i.episode(period.to)
		known = known.with(e.from).with(e.to)
		if e.LastUp.Before(e.from) {
			known = known.with(e.LastUp)
		}
		if e.meets(period) {
			t.add(e, period)
		}
	}
	t.known = known.clip(period)
	// A clock that was set back may have laid one incident over another.
	t.down = min(t.down, t.known.length())
	t.held = min(t.held, t.known.length()-t.down)
	slices.SortStableFunc(t.episodes, func(a, b episode) int { return a.from.Compare(b.from) })
	return t
}

func (t *tally) add(e episode, period span) {
	t.episodes = append(t.episodes, e)
	t.down += e.down.clip(period).length()
	t.held += e.held.clip(period).length()
	if !e.death() {
		return
	}
	if period.has(e.from) {
		t.deaths++
	}
	if !e.UnderWay && !e.Up.IsZero() && period.has(e.to) {
		t.recovered++
		t.recovery += e.down.length()
	}
}

// up is how long it was up.
func (t tally) up() time.Duration { return t.known.length() - t.down - t.held }

// availability is in percent, with three decimals, and never more than it was: there
// is no 100 with any downtime. The time that it was held counts for nothing, since
// somebody wanted it so.
func (t tally) availability() (percent float64, ok bool) {
	const decimals, whole = 1000, 100 * 1000
	up, down := t.up().Milliseconds(), t.down.Milliseconds()
	switch {
	case up+down <= 0:
		return 0, false
	case t.down > 0:
		return float64(min(up*whole/(up+down), whole-1)) / decimals, true
	}
	return 100, true
}

// between is the mean time up for each death. One that was never up has none.
func (t tally) between() (time.Duration, bool) {
	if t.neverUp() {
		return 0, false
	}
	return mean(t.up(), t.deaths)
}

// neverUp reports whether nobody has seen it up: it is down since it has been watched.
func (t tally) neverUp() bool {
	return len(t.episodes) == 1 && t.episodes[0].UnderWay && t.episodes[0].LastUp.IsZero()
}

// toRecovery is the mean time down of those that were over; held, nothing was tried.
func (t tally) toRecovery() (time.Duration, bool) { return mean(t.recovery, t.recovered) }

func mean(sum time.Duration, n int) (time.Duration, bool) {
	if n == 0 {
		return 0, false
	}
	return sum / time.Duration(n), true
}
