package report

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

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
	tableGolden(t, "testdata/history.json", got)
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
		var h jsonHistory
		if err := json.Unmarshal([]byte(got), &h); err != nil {
			t.Fatal(err)
		}
		for _, d := range h.Daemons {
			if rest := d.KnownSeconds - d.UpSeconds - d.DownSeconds - d.HeldSeconds; rest < -0.01 || rest > 0.01 {
				t.Errorf("seed %d: %v seconds are missing in %+v", seed, rest, d)
			}
			if d.Availability != nil && (*d.Availability < 0 || *d.Availability > 100) || d.KnownSeconds > h.Seconds || d.Deaths > len(d.Incidents) {
				t.Errorf("seed %d: %+v", seed, d)
			}
		}
		if t.Failed() {
			return
		}
	}
}

func randomPasts(random *rand.Rand) []Past {
	var list []Past
	for range random.IntN(6) {
		p := Past{Name: randomText(random), Known: randomMoment(random), Seen: randomMoment(random)}
		for range random.IntN(5) {
			i := Incident{
				LastUp: randomMoment(random), Down: randomMoment(random), Up: randomMoment(random), UnderWay: random.IntN(5) == 0,
				Took: randomTime(random) * time.Duration(random.IntN(4)-1), Held: randomTime(random) * time.Duration(random.IntN(4)-1), Tries: random.IntN(4) - 1,
				Reason: randomText(random), Cause: randomText(random), Outcome: words.Outcome(randomText(random)), Number: random.IntN(9),
			}
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

// Each field of the types is in the schema, and the other way round.
func TestHistorySchemaHasTheFields(t *testing.T) {
	data, err := os.ReadFile(historySchema)
	if err != nil {
		t.Fatal(err)
	}
	var root node
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	defs := root.child("$defs")
	for _, tc := range []struct {
		typ reflect.Type
		n   node
	}{
		{reflect.TypeFor[jsonHistory](), root},
		{reflect.TypeFor[jsonPast](), defs.child("daemon")},
		{reflect.TypeFor[jsonIncident](), defs.child("incident")},
		{reflect.TypeFor[jsonIncidentStep](), defs.child("step")},
	} {
		hasFields(t, tc.typ, tc.n)
	}
	if len(defs) != 3 || root.child("properties").child("version")["const"] != float64(historyVersion) {
		t.Error("the schema has other types, or another version")
	}
}

// hasFields holds an object of a schema against a type.
func hasFields(t *testing.T, typ reflect.Type, n node) {
	t.Helper()
	var fields, must, known, required []string
	for i := range typ.NumField() {
		name, option, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		fields = append(fields, name)
		if option == "" {
			must = append(must, name)
		}
		if text, _ := n.child("properties").child(name)["description"].(string); !strings.HasSuffix(text, ".") {
			t.Errorf("%s: described as %q", name, text)
		}
	}
	for name := range n.child("properties") {
		known = append(known, name)
	}
	for _, name := range n["required"].([]any) {
		required = append(required, name.(string))
	}
	if n["additionalProperties"] != false || n["description"] == nil {
		t.Errorf("%v: other fields are taken, or it is not described", typ)
	}
	same(t, typ.String()+": fields", known, fields)
	same(t, typ.String()+": required", required, must)
}
