package postmortem

import "time"

// stepSlack is what the clock of the day may differ from the one since boot before it is
// said to have been set: time daemons slew it by less.
const stepSlack = time.Second

// span is the time of day in which a daemon has died. If the clock was set in between,
// what was written down meanwhile may have either time, and it spans both.
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

// placed reports whether an event whose time of day is somewhere between two can be of
// the time in which a daemon has died, and how sure that is.
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

// day is the time of day of a time since boot.
func (d Dead) day(at time.Duration) time.Time {
	if d.Wall.IsZero() {
		return time.Time{}
	}
	return d.Wall.Add(at - d.To)
}
