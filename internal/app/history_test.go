package app

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
)

func newStore(t *testing.T) *state.Store {
	t.Helper()
	s, err := state.OpenStore(t.TempDir() + "/state")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func at(minutes time.Duration) past.Stamp {
	up := minutes * time.Minute
	return past.Stamp{Time: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC).Add(up), Boot: "b", Up: up}
}

// Those that are asked for are shown, by name; of one that nobody knows nothing can be told.
func TestHistoryOfSome(t *testing.T) {
	store := newStore(t)
	if err := store.Update("", false, func(all map[string]past.Daemon) { all["up"] = past.Daemon{Known: at(1), LastUp: at(50)} }); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gone", "alone"} {
		if err := store.Append(past.Incident{Daemon: name, Down: at(7).Time, Up: at(9).Time, Seconds: 120}); err != nil {
			t.Fatal(err)
		}
	}
	for asked, want := range map[string]string{"": "alone gone up", "up alone": "alone up"} {
		var out strings.Builder
		if err := writeHistory(store.Path(), strings.Fields(asked), "", at(60), report.History{Out: &out, Now: at(60).Time, Since: time.Hour, JSON: true}); err != nil {
			t.Fatal(err)
		}
		var got struct{ Daemons []struct{ Name string } }
		if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, d := range got.Daemons {
			names = append(names, d.Name)
		}
		if strings.Join(names, " ") != want {
			t.Errorf("asked for %q: %v, want %s", asked, names, want)
		}
	}
	if err := writeHistory(store.Path(), []string{"up", "nosuch"}, "", at(60), report.History{}); err == nil || !strings.Contains(err.Error(), `"nosuch"`) {
		t.Errorf("of one that nobody knows: %v", err)
	}
}

// A memory that cannot be read hides nothing of the ledger.
func TestPastsWithoutAMemory(t *testing.T) {
	store := newStore(t)
	if err := store.Append(past.Incident{Daemon: "a", Down: at(7).Time, Seconds: 1}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(store.Path()+"/memory.json", []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := remembered(store, at(60), false)
	if err != nil || !slices.Equal(m.names(), []string{"a"}) {
		t.Errorf("%+v, %v", m, err)
	}
}
