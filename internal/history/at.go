package history

import "time"

// atError says why a moment cannot be used.
type atError struct{ sinceError }

// Hint is the way out.
func (e *atError) Hint() string {
	return "write how long ago it was, as 90m or 2d, a time of day, as 05:42, or a date, as 2026-11-28 or \"2026-11-28 05:42\""
}

// Within is a time that a person has named: all of a day or of a minute, say.
type Within struct{ From, To time.Time }

// atLayouts are how a time may be written, with how long each is.
var atLayouts = []struct {
	layout string
	length time.Duration // 0: a day, which may have 23 hours
	today  bool          // it has no date
}{
	{"2006-01-02 15:04:05", time.Second, false},
	{"2006-01-02T15:04:05", time.Second, false},
	{time.RFC3339, time.Second, false},
	{"2006-01-02 15:04", time.Minute, false},
	{"2006-01-02T15:04", time.Minute, false},
	{"2006-01-02", 0, false},
	{"15:04:05", time.Second, true},
	{"15:04", time.Minute, true},
}

// ParseAt reads a time: how long ago it was, as ParseSince does; a date; a date with a time;
// or a time of day, of the last 24 hours. The error has a Hint.
func ParseAt(text string, now time.Time) (Within, error) {
	for _, l := range atLayouts {
		t, err := time.ParseInLocation(l.layout, text, now.Location())
		if err != nil {
			continue
		}
		if l.today {
			t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, now.Location())
			if t.After(now) {
				t = t.AddDate(0, 0, -1)
			}
		}
		end := t.AddDate(0, 0, 1)
		if l.length > 0 {
			end = t.Add(l.length)
		}
		return Within{t, end.Add(-time.Millisecond)}, nil
	}
	since, why := readSince(text, now)
	if why == "" && (since < 0 || since > longestSince) {
		why = "it is not in the last 100 years"
	}
	if why != "" {
		return Within{}, &atError{sinceError{text, why}}
	}
	return Within{now.Add(-since), now.Add(-since)}, nil
}
