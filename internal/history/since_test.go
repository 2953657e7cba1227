package history

import (
	"errors"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/terminal"
)

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 11, 21, 13, 0, 0, 0, time.FixedZone("CET", 3600))
	for text, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, "12h": 12 * time.Hour, "30d": 30 * terminal.Day, "2w": 14 * terminal.Day, "1d12h": 36 * time.Hour, "1.5d": 36 * time.Hour, "60s": time.Minute, "36500d": longestSince,
		"2026-11-01": 20*terminal.Day + 13*time.Hour, "2026-11-21": 13 * time.Hour,
	} {
		if got, err := ParseSince(text, now); got != want || err != nil {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "it is empty", "30": "the unit is missing", "d": "it is not a duration", "-1d": "it is less than a minute", "1y": "there is no such unit",
		"1d 2h": "there is no number", "59s": "it is less than a minute", "0d": "it is less than a minute", "36501d": "it is more than 100 years", "99999999999999999999w": "it is too long",
		"1w36500d": "it is more than 100 years", "2026-11-22": "it is in the future", "1900-01-01": "it is more than 100 years", "0001-01-01": "it is more than 100 years", "2026-13-01": "there is no such unit", "1\xff": "there is no such unit",
	} {
		got, err := ParseSince(text, now)
		var h interface{ Hint() string }
		if got != 0 || err == nil || !strings.HasSuffix(err.Error(), ": "+want) || !errors.As(err, &h) || h.Hint() == "" {
			t.Errorf("%q: %v, %v, want %s", text, got, err, want)
		}
	}
	if _, err := ParseSince("\x1b[2J\n", now); err == nil || strings.ContainsAny(err.Error(), "\x1b\n") {
		t.Errorf("the error is %q", err)
	}
}
