package history

import (
	"fmt"
	"time"

	"daemon-keeper/internal/terminal"
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

// The periods that a history can be of.
const (
	shortestSince = time.Minute
	longestSince  = 100 * terminal.Year
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
