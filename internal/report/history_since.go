package report

import (
	"fmt"
	"strconv"
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
	if text == "" {
		return 0, "it is empty"
	}
	for text != "" && since <= longestSince {
		rest := strings.TrimLeft(text, "0123456789")
		number := text[:len(text)-len(rest)]
		unit, ok := unitOf(rest)
		switch {
		case number == "":
			return 0, "there is no number"
		case rest == "":
			return 0, "the unit is missing"
		case !ok:
			return 0, "there is no such unit"
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n > int64(longestSince/unit) {
			return longestSince + 1, ""
		}
		since, text = since+time.Duration(n)*unit, rest[1:]
	}
	return since, ""
}

func unitOf(text string) (time.Duration, bool) {
	if text == "" {
		return 0, false
	}
	unit, ok := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': day, 'w': 7 * day}[text[0]]
	return unit, ok
}
