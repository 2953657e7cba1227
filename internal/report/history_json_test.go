package report

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/history"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

const historySchema = "../../docs/daemon-keeper.history.schema.json"

func compiledHistory(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(historySchema)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What programs read. Who changes it changes historyVersion too, unless a field is
// only added.
func TestHistoryAsJSON(t *testing.T) {
	got := chronicle(History{JSON: true, Since: 30 * terminal.Day, Broken: 2}, pasts())
	golden.File(t, "testdata/history.json", got)
	validate(t, compiledHistory(t), []byte(got))
}

func TestHistoryOfNothingAsJSON(t *testing.T) {
	const want = `{
  "version": 1,
  "command": "history",
  "from": "2026-11-21T19:49:00.000Z",
  "to": "2026-11-21T20:49:00.000Z",
  "seconds": 3600,
  "unreadable_lines": 0,
  "daemons": []
}
`
	if got := chronicle(History{JSON: true, Since: time.Hour}, nil); got != want {
		t.Errorf("got %s", got)
	}
}

// Whatever is remembered, the schema describes it, nothing in it is hostile, and the
// sums are sums.
func TestRandomHistoriesAreDescribedByTheSchema(t *testing.T) {
	s := compiledHistory(t)
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 5))
		got := chronicle(History{JSON: true, Since: randomTime(random), Broken: random.IntN(3)}, randomPasts(random))
		validate(t, s, []byte(got))
		if strings.ContainsFunc(got, func(r rune) bool { return r == '\u2028' || r < ' ' && r != '\n' }) || strings.Contains(got, `\u`) {
			t.Errorf("seed %d: something hostile in %q", seed, got)
		}
		var h struct {
			Seconds float64
			Daemons []struct {
				Known        float64  `json:"known_seconds"`
				Up           float64  `json:"up_seconds"`
				Down         float64  `json:"down_seconds"`
				Held         float64  `json:"held_seconds"`
				Availability *float64 `json:"availability_percent"`
				Deaths       int
				Incidents    []any
			}
		}
		if err := json.Unmarshal([]byte(got), &h); err != nil {
			t.Fatal(err)
		}
		for _, d := range h.Daemons {
			if rest := d.Known - d.Up - d.Down - d.Held; rest < -0.01 || rest > 0.01 {
				t.Errorf("seed %d: %v seconds are missing in %+v", seed, rest, d)
			}
			if d.Availability != nil && (*d.Availability < 0 || *d.Availability > 100) || d.Known > h.Seconds || d.Deaths > len(d.Incidents) {
				t.Errorf("seed %d: %+v", seed, d)
			}
		}
		if t.Failed() {
			return
		}
	}
}

func randomPasts(random *rand.Rand) []history.Past {
	var list []history.Past
	for range random.IntN(6) {
		p := history.Past{Name: randomText(random), Known: randomMoment(random), Seen: randomMoment(random)}
		for range random.IntN(5) {
			i := history.Incident{UnderWay: random.IntN(5) == 0, Number: random.IntN(9), Incident: past.Incident{
				LastUp: randomMoment(random), Down: randomMoment(random), Up: randomMoment(random), Died: randomMoment(random),
				Seconds: randomTime(random).Seconds() * float64(random.IntN(4)-1), Held: randomTime(random).Seconds() * float64(random.IntN(4)-1), Tries: random.IntN(4) - 1,
				Reason: randomText(random), Blame: words.Blame{Cause: randomText(random)}, Outcome: words.Outcome(randomText(random)),
			}}
			if random.IntN(2) == 0 {
				i.Outcome = []words.Outcome{words.BroughtBack, words.CameBack, words.LeftAlone, words.StillDown}[random.IntN(4)]
			}
			for range random.IntN(3) {
				i.Steps = append(i.Steps, words.Step{Verb: words.Verb(randomText(random)), Service: randomText(random), Seconds: randomTime(random).Seconds(), Exit: new(random.IntN(256)), Error: randomText(random)})
			}
			p.Incidents = append(p.Incidents, i)
		}
		list = append(list, p)
	}
	return list
}

// randomMoment is mostly in the past, and no time at all if it is too long ago to be
// written.
func randomMoment(random *rand.Rand) time.Time {
	at := dusk.Add(randomTime(random)>>20 - randomTime(random))
	if at.Year() < 1970 {
		return time.Time{}
	}
	return at
}
