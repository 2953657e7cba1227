package report

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const whySchema = "../../docs/daemon-keeper.why.schema.json"

func compiledWhy(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(whySchema)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func explained(w Why, list []Account) string {
	var b bytes.Buffer
	w.Out, w.Now = &b, dusk
	w.Write(list)
	return b.String()
}

// Nothing to explain is an empty list to programs, and a sentence to people.
func TestWhyOfNothing(t *testing.T) {
	got := explained(Why{JSON: true}, nil)
	validate(t, compiledWhy(t), []byte(got))
	if !strings.Contains(got, `"daemons": []`) {
		t.Errorf("got %s", got)
	}
	if got := explained(Why{None: "all is well"}, nil); got != "all is well\n" {
		t.Errorf("got %q", got)
	}
}

// Whatever is known, the schema describes it, and nothing in it is hostile, to eyes neither.
func TestRandomExplanations(t *testing.T) {
	s := compiledWhy(t)
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 11))
		list := randomAccounts(random)
		got := explained(Why{JSON: true}, list)
		validate(t, s, []byte(got))
		hostile := func(r rune) bool { return r == '\u2028' || r < ' ' && r != '\n' || r == 0x7f }
		if strings.ContainsFunc(got, hostile) || strings.Contains(got, `\u`) {
			t.Errorf("seed %d: something hostile in %q", seed, got)
		}
		for _, width := range []int{0, 40, 80, 200} {
			if got := explained(Why{Width: width}, list); strings.ContainsFunc(got, hostile) {
				t.Errorf("seed %d: something hostile in %q", seed, got)
			}
		}
		if t.Failed() {
			return
		}
	}
}

func randomAccounts(random *rand.Rand) []Account {
	texts := func() (list []string) {
		for range random.IntN(3) {
			list = append(list, randomText(random))
		}
		return list
	}
	var list []Account
	for _, p := range randomPasts(random) {
		for _, i := range p.Incidents {
			a := Account{
				Name: randomText(random), Executable: randomText(random), Services: texts(), After: texts(), State: []string{"up", "down", "held", "unknown"}[random.IntN(4)],
				Since: randomMoment(random), Seen: randomMoment(random), Incident: i, Died: randomMoment(random), Lived: randomTime(random), Kind: randomText(random),
				Explained: random.IntN(2) == 0, Next: texts(), Missing: texts(), Silent: texts(), More: texts(),
			}
			for range random.IntN(4) {
				a.Lines = append(a.Lines, WhyLine{[]string{"cause", "by", "note"}[random.IntN(3)], randomText(random), randomText(random), randomText(random), randomMoment(random), random.IntN(2) == 0})
			}
			list = append(list, a)
		}
	}
	return list
}
