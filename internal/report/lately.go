package report

import (
	"fmt"
	"time"

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// lately is a line for people: 2 deaths in 30 d, last Tue 04:12, out of memory.
func lately(l history.Lately, now time.Time) string {
	if l.Deaths == 0 {
		return ""
	}
	text := fmt.Sprintf("%s in %d d, last %s", words.Plural(l.Deaths, "death"), history.LatelyPeriod/terminal.Day, recently(l.Last, now))
	if l.Cause != "" {
		text += ", " + words.Cut(l.Cause, longestCause)
	}
	return text
}

// recently is a moment for people: a time of day, of the last week with the day of the week.
func recently(t, now time.Time) string {
	t = t.In(now.Location())
	switch ago := now.Sub(t); {
	case ago < 0 || ago >= 300*terminal.Day:
		return t.Format(moment)
	case t.YearDay() == now.YearDay():
		return t.Format("15:04")
	case ago < 6*terminal.Day:
		return t.Format("Mon 15:04")
	}
	return t.Format("2 Jan 15:04")
}
