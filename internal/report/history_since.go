package report

import (
	"fmt"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// sinceError says why a period cannot be used.
type sinceError struct{ text, why string }

func (e *sinceError) Error() string {
	return fmt.Sprintf("cannot take %q for a time: %s", words.Cut(words.ASCII(e.text), 60), e.why)
}

// Hint is the way out.
func (e *sinceError) Hint() string {
	return "write 90m, 12h, 30d, 2w or 1d12h, or a date: 2026-11-01"
}

// atError says why a moment cannot be used.
type atError struct{ sinceError }

// Hint is the way out.
func (e *atError) Hint() string {
	return "write how long ago it was, as 90m or 2d, a time of day, as 05:42, or a date, as 2026-11-28 or \"2026-11-28 05:42\""
}

// ParseAt reads a moment: how long ago it was, as ParseSince does; a date, of which the end
// is meant, so that all of the day has been before; a date with a time; or a time of day, of
// the last 24 hours. Where there are no seconds, the end of the minute is meant. The error
// has a Hint.
func ParseAt(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02", "15:04:05", "15:04"} {
		t, err := time.ParseInLocation(layout, text, now.Location())
		if err != nil {
			continue
		}
		switch layout {
		case "2006-01-02":
			return t.AddDate(0, 0, 1).Add(-time.Millisecond), nil
		case "15:04", "15:04:05":
			t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, now.Location())
			if t.After(now) {
				t = t.AddDate(0, 0, -1)
			}
		}
		if strings.Count(text, ":") == 1 {
			t = t.Add(time.Minute)
		} else {
			t = t.Add(time.Second)
		}
		return t.Add(-time.Millisecond), nil
	}
	since, why := readSince(text, now)
	if why == "" && (since < 0 || since > longestSince) {
		why = "it is not in the last 100 years"
	}
	if why != "" {
		return time.Time{}, &atError{sinceError{text, why}}
	}
	return now.Add(-since), nil
}

// The periods that a history can be of.
const (
	shortestSince = time.Minute
	longestSince  = 100 * year
)

// ParseSince reads how long ago a period began: 90m, 12h, 30d, 2w, several of them
// together, or a date, which begins at midnight where now is. The error has a Hint.
func ParseSince(text string, now time.Time) (time.Duration, error) {
	since, why := readSince(text, now)
	switch {
	case why != "":
	case since < shortestSince:
		why = "it is less than a minute"
	case since > longestSince:
		why = "it is more than 100 years"
	default:
		return since, nil
	}
	return 0, &sinceError{text, why}
}

func readSince(text string, now time.Time) (since time.Duration, why string) {
	if date, err := time.ParseInLocation("2006-01-02", text, now.Location()); err == nil {
		if date.After(now) {
			return 0, "it is in the future"
		}
		return now.Sub(date), ""
	}
	since, err := words.ParseDuration(text)
	if err != nil {
		return 0, err.Error()
	}
	return since.Truncate(time.Second), ""
}
