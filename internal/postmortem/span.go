package postmortem

import "time"

// stepSlack is how much the wall clock may differ from the clock since boot. If it differs more,
// it was set: time daemons adjust it slowly, by less.
const stepSlack = time.Second

// span is the interval of wall-clock time in which a daemon has died. If the clock was set in that
// interval, records may have the old or the new time, and the interval holds both.
func (d Dead) span() (first, last time.Time, stepped bool) {
	first, last = d.Wall.Add(d.From-d.To), d.Wall
	if d.LastUp.IsZero() {
		return first, last, false
	}
	if step := first.Sub(d.LastUp); step > stepSlack {
		return d.LastUp, last, true
	} else if step < -stepSlack {
		return first, last.Add(-step), true
	}
	return first, last, false
}

// placed reports whether an event that happened between first and last can be in the interval in
// which a daemon has died, and how sure that is.
func (d Dead) placed(first, last time.Time) (Certainty, bool) {
	begin, end, stepped := d.span()
	switch {
	case last.Before(begin.Add(-slack)) || first.After(end.Add(slack)):
		return "", false
	case stepped || first.Before(begin) || last.After(end):
		return Likely, true
	}
	return Certain, true
}

// day is the wall-clock time of a time since boot.
func (d Dead) day(at time.Duration) time.Time {
	if d.Wall.IsZero() {
		return time.Time{}
	}
	return d.Wall.Add(at - d.To)
}
