package state

import (
	"encoding/json"
	"reflect"
	"testing"
)

// seeds are good files, and what is nearly so.
func seeds(f *testing.F, kind int) {
	for _, file := range []string{
		kinds()[kind].good, "", "null", "{}", "[]", `{"version":2}`, "\x00\x00",
		`{"version":1,"daemon":"x","began":{"time":"2026-11-21T20:49:00Z","boot":"b","up":7},"services":["a","b"],"marks":[{"verb":"stop","service":"a","ended":true}]}`,
		`{"daemons":{"x":{"last_up":{"time":"2026-11-21T20:49:00+01:00"},"tally":{"tries":1},"incident":{"seconds":1e3,"steps":[{"exit":1}]},"stops":{"a":{}}}}}`,
		`{"pauses":[{"name":"*","from":{"up":-1},"for":9223372036854775807},{"name":"x"}]}`,
	} {
		f.Add([]byte(file))
	}
}

// survives: what was read is written, and read again as the same.
func survives[T any](t *testing.T, file any, parsed T, parse func([]byte) (T, error)) {
	t.Helper()
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatalf("%v of %+v", err, parsed)
	}
	again, err := parse(data)
	if err != nil {
		t.Fatalf("%v of %s", err, data)
	}
	one, _ := json.Marshal(parsed)
	two, _ := json.Marshal(again)
	if string(one) != string(two) {
		t.Errorf("%s became %s", one, two)
	}
}

func FuzzJournal(f *testing.F) {
	seeds(f, 2)
	f.Fuzz(func(t *testing.T, data []byte) {
		i, err := parseJournal(data)
		if err != nil {
			if !reflect.DeepEqual(i, Intent{}) {
				t.Errorf("an error, and %+v", i)
			}
			return
		}
		if len(i.Stopped()) > len(i.Services) || len(i.name()) > 255 {
			t.Errorf("%+v: %v", i, i.Stopped())
		}
		survives(t, i, i, parseJournal)
	})
}

func FuzzMemory(f *testing.F) {
	seeds(f, 0)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseMemory(data)
		if (m == nil) != (err != nil) {
			t.Fatal(m, err)
		}
		if err == nil {
			for name, d := range m {
				m[name] = d.Bounded()
			}
			data, err := encodeMemory("x", m)
			ok(t, err)
			survives(t, json.RawMessage(data), m, parseMemory)
		}
	})
}

func FuzzPauses(f *testing.F) {
	seeds(f, 1)
	now := moment("2026-11-21 20:00", "b", 1)
	f.Fuzz(func(t *testing.T, data []byte) {
		pauses, err := parsePauses(data)
		if err != nil {
			return
		}
		for _, p := range holding(pauses, now) {
			if !p.Holds(now) || now.Before(p.From) || p != p.Settled(now) {
				t.Errorf("%+v", p)
			}
		}
		survives(t, pausesFile{header{formatVersion}, pauses}, pauses, parsePauses)
	})
}
