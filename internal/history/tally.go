package history

import (
	"slices"
	"time"

	"daemon-keeper/internal/words"
)

// Span is the half-open interval [from, to).
type Span struct{ From, To time.Time }

// Length is how long it is, never less than nothing.
func (s Span) Length() time.Duration { return max(s.To.Sub(s.From), 0) }

func (s Span) clip(by Span) Span {
	if s.From.Before(by.From) {
		s.From = by.From
	}
	if s.To.After(by.To) {
		s.To = by.To
	}
	return s
}

func (s Span) has(t time.Time) bool { return !t.Before(s.From) && !t.After(s.To) }

// meets reports whether a span and a period have a moment in common. An incident of no length
// belongs to the period that it lies in.
func (s Span) meets(period Span) bool {
	return period.has(s.From) || s.From.Before(period.From) && s.To.After(period.From)
}

// Begun is the part of the period from where on something is known: a month of which
// nothing is known tells nothing.
func (s Span) Begun(list []Tally) Span {
	first := s.To
	for _, t := range list {
		if t.Known.Length() > 0 && t.Known.From.Before(first) {
			first = t.Known.From
		}
	}
	if s.To.Sub(first) < time.Minute { // there is hardly anything
		return s
	}
	return s.clip(Span{first, s.To})
}

// with extends a span so that it contains a moment. The zero span is empty.
func (s Span) with(t time.Time) Span {
	if t.IsZero() {
		return s
	}
	if s.From.IsZero() || t.Before(s.From) {
		s.From = t
	}
	if t.After(s.To) {
		s.To = t
	}
	return s
}

// Episode is an incident as a span of time. The clock of the day may have been set meanwhile, so
// its length is the measured one: counted from its beginning or, while it is under way, back
// from now.
type Episode struct {
	Incident
	Span
	DownPart Span // of it, in which the daemon was not left alone
	HeldPart Span // the rest
}

// Episode returns the incident as a span of time, as of now.
func (i Incident) Episode(now time.Time) Episode {
	took := words.Duration(i.Seconds)
	switch {
	case took > 0:
	case i.UnderWay:
		took = now.Sub(i.From())
	default:
		took = i.Up.Sub(i.From())
	}
	took = max(took, 0)
	e := Episode{Incident: i, Span: Span{i.From(), i.From().Add(took)}}
	if i.UnderWay {
		e.Span = Span{now.Add(-took), now}
	}
	held := min(words.Duration(i.Held), took)
	if i.Outcome == words.LeftAlone && held == 0 {
		held = took
	}
	e.place(held)
	return e
}

// place divides the span into the time that the daemon was left alone and the rest. Only the sum
// of the first is known. A run checks whether it may act before it acts, so that time is taken
// to be at the beginning; or at the end, if the daemon was left alone when the incident ended.
func (e *Episode) place(held time.Duration) {
	if e.Outcome == words.LeftAlone {
		turn := e.To.Add(-held)
		e.DownPart, e.HeldPart = Span{e.From, turn}, Span{turn, e.To}
		return
	}
	turn := e.From.Add(held)
	e.HeldPart, e.DownPart = Span{e.From, turn}, Span{turn, e.To}
}

// planned is the time down from which on an incident with held time is a death all the same: a
// daemon that was stopped on purpose is left alone nearly all the time.
const planned = time.Second

// Death reports whether a daemon died: it was not only stopped and left alone.
func (e *Episode) Death() bool {
	return e.HeldPart.Length() == 0 || e.DownPart.Length() >= planned
}

// Tally is what a daemon's past comes to within a period.
type Tally struct {
	Name      string
	Known     Span      // the part of the period of which something is known
	Episodes  []Episode // of which some part lies in the period, as they began
	Down      time.Duration
	Held      time.Duration
	Deaths    int           // that happened in the period
	recovered int           // deaths that were over in the period
	recovery  time.Duration // that all of them took together
}

// Tally adds up what lies in a period.
func (p Past) Tally(period Span) Tally {
	t := Tally{Name: p.Name}
	known := Span{}.with(p.Known).with(p.Seen)
	for _, i := range p.Incidents {
		e := i.Episode(period.To)
		known = known.with(e.From).with(e.To)
		if e.LastUp.Before(e.From) {
			known = known.with(e.LastUp)
		}
		if e.meets(period) {
			t.add(e, period)
		}
	}
	t.Known = known.clip(period)
	// After a clock was set back, incidents may overlap.
	t.Down = min(t.Down, t.Known.Length())
	t.Held = min(t.Held, t.Known.Length()-t.Down)
	slices.SortStableFunc(t.Episodes, func(a, b Episode) int { return a.From.Compare(b.From) })
	return t
}

func (t *Tally) add(e Episode, period Span) {
	t.Episodes = append(t.Episodes, e)
	t.Down += e.DownPart.clip(period).Length()
	t.Held += e.HeldPart.clip(period).Length()
	if !e.Death() {
		return
	}
	if period.has(e.From) {
		t.Deaths++
	}
	if !e.UnderWay && !e.Up.IsZero() && period.has(e.To) {
		t.recovered++
		t.recovery += e.DownPart.Length()
	}
}

// Up is how long it was up.
func (t Tally) Up() time.Duration { return t.Known.Length() - t.Down - t.Held }

// Availability is in percent, with three decimals, and never more than it was: there
// is no 100 with any downtime. Time that it was held counts neither as up nor as down,
// since somebody wanted it so.
func (t Tally) Availability() (percent float64, ok bool) {
	const decimals, whole = 1000, 100 * 1000
	up, down := t.Up().Milliseconds(), t.Down.Milliseconds()
	switch {
	case up+down <= 0:
		return 0, false
	case t.Down > 0:
		return float64(min(up*whole/(up+down), whole-1)) / decimals, true
	}
	return 100, true
}

// Between is the mean time up for each death. One that was never up has none.
func (t Tally) Between() (time.Duration, bool) {
	if t.neverUp() {
		return 0, false
	}
	return mean(t.Up(), t.Deaths)
}

// neverUp reports whether nobody has seen it up: it is down since it has been watched.
func (t Tally) neverUp() bool {
	return len(t.Episodes) == 1 && t.Episodes[0].UnderWay && t.Episodes[0].LastUp.IsZero()
}

// ToRecovery is the mean time down of those that were over; held, nothing was tried.
func (t Tally) ToRecovery() (time.Duration, bool) { return mean(t.recovery, t.recovered) }

func mean(sum time.Duration, n int) (time.Duration, bool) {
	if n == 0 {
		return 0, false
	}
	return sum / time.Duration(n), true
}
