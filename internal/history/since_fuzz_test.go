package history

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// FuzzParseSince: a period is one that can be shown, or an error with a way out; and
// what it comes to can be written down and read again.
func FuzzParseSince(f *testing.F) {
	for _, seed := range []string{
		"", "90m", "12h", "30d", "2w", "1d12h", "2026-11-01", "0s", "59s", "99999999999999999999d", "100000w", "-1d", "1", "d", "1D", "5200w5200w",
		"2026-02-30", "0000-01-01", "9999-12-31", "1d\x00", "\xff", strings.Repeat("1w", 5000), strings.Repeat("0s", 5000) + "1h",
	} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.FixedZone("", 3600))
	f.Fuzz(func(t *testing.T, text string) {
		since, err := ParseSince(text, now)
		if err != nil {
			hint, ok := err.(interface{ Hint() string })
			if since != 0 || !ok || hint.Hint() == "" || len(err.Error()) > 200 || strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%v and %q", since, err)
			}
			return
		}
		if since < shortestSince || since > longestSince {
			t.Errorf("%q is %v", text, since)
		}
		if since%time.Second != 0 {
			t.Errorf("%q is %v, which nobody can write", text, since)
		}
		seconds := strconv.FormatInt(int64(since/time.Second), 10) + "s"
		if again, err := ParseSince(seconds, now); err != nil || again != since {
			t.Errorf("%q is %v, and %s is %v, %v", text, since, seconds, again, err)
		}
	})
}
