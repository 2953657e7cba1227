package history

import (
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// The bar of ten hours in ten columns.
func TestBars(t *testing.T) {
	const h = time.Hour
	up := func(list ...Incident) Past {
		return Past{Known: before(90 * terminal.Day), Seen: dusk, Incidents: list}
	}
	held := func(i Incident, d time.Duration, outcome words.Outcome) Incident {
		i.Held, i.Outcome = d.Seconds(), outcome
		return i
	}
	for _, tc := range []struct {
		name, want string
		past       Past
	}{
		{"nothing is known", "          ", Past{}},
		{"up", "==========", up()},
		{"known for a part of a column", "        ==", Past{Known: before(h + time.Minute), Seen: dusk}},
		{"known until a part of a column", "==        ", Past{Known: before(11 * h), Seen: before(8*h + time.Minute)}},
		{"known long ago", "          ", Past{Known: before(90 * terminal.Day), Seen: before(10 * h)}},
		{"a second", "====X=====", up(death(6*h, time.Second))},
		{"no time at all", "====X=====", up(death(6*h, 0))},
		{"no time at all, now", "=========X", up(death(0, 0))},
		{"an hour", "====X=====", up(death(6*h, h))},
		{"a bit more", "====XX====", up(death(6*h, h+1))},
		{"at the beginning", "X=========", up(death(12*h, 2*h+time.Second))},
		{"before the beginning", "==========", up(death(12*h, 2*h))},
		{"until the end", "========XX", up(death(2*h, 2*h))},
		{"held", "====..====", up(held(death(6*h, 2*h), 2*h, words.LeftAlone))},
		{"held first", "====.X====", up(held(death(6*h, 2*h), h, words.BroughtBack))},
		{"held in the end", "====X.====", up(held(death(6*h, 2*h), h, words.LeftAlone))},
		{"held where it died", "====X.====", up(death(6*h, time.Second), held(death(6*h, 2*h), 2*h, words.LeftAlone))},
		{"died while held", "====X.====", up(held(death(6*h, 2*h), 2*h, words.LeftAlone), death(6*h, time.Second))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			period := Span{before(10 * h), dusk}
			var got strings.Builder
			for _, m := range tc.past.Tally(period).Bar(period, 10) {
				got.WriteByte(" =.X"[m])
			}
			if got.String() != tc.want {
				t.Errorf("got %q, want %q", got.String(), tc.want)
			}
		})
	}
}
