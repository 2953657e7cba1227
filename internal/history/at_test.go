package history

import (
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

// What a person may write for a moment.
func TestParseAt(t *testing.T) {
	now := time.Date(2026, 11, 28, 6, 0, 0, 0, time.FixedZone("CET", 3600))
	for _, tc := range []struct{ text, from, to string }{
		{"2h", "2026-11-28 04:00:00", "2026-11-28 04:00:00"},
		{"0s", "2026-11-28 06:00:00", "2026-11-28 06:00:00"},
		{"1d12h", "2026-11-26 18:00:00", "2026-11-26 18:00:00"},
		{"05:42", "2026-11-28 05:42:00", "2026-11-28 05:42:59"},
		{"05:42:11", "2026-11-28 05:42:11", "2026-11-28 05:42:11"},
		{"23:59", "2026-11-27 23:59:00", "2026-11-27 23:59:59"}, // last night
		{"2026-11-20", "2026-11-20 00:00:00", "2026-11-20 23:59:59"},
		{"2026-11-20 05:42", "2026-11-20 05:42:00", "2026-11-20 05:42:59"},
		{"2026-11-20T05:42:11", "2026-11-20 05:42:11", "2026-11-20 05:42:11"},
		{"2026-11-20T04:42:11Z", "2026-11-20 05:42:11", "2026-11-20 05:42:11"},
	} {
		got, err := ParseAt(tc.text, now)
		if from, to := got.From.In(now.Location()).Format(time.DateTime), got.To.In(now.Location()).Format(time.DateTime); err != nil || from != tc.from || to != tc.to {
			t.Errorf("%s: %s to %s, %v", tc.text, from, to, err)
		}
	}
	for _, text := range []string{"", "yesterday", "25:00", "2026-13-01", "-2h", "200000d", "5"} {
		if got, err := ParseAt(text, now); err == nil || words.Hint(err) == "" {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}
