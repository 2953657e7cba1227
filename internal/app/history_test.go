package app

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
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

// What has ended and what is under way, of those that are remembered and of those that
// only the ledger knows, by name.
func TestPasts(t *testing.T) {
	store := newStore(t)
	began := past.Incident{Daemon: "held", Down: at(20).Time, Began: at(20), Reason: "not running", Outcome: "still_down", Held: 60, Tries: 2}
	down := began
	down.Daemon, down.Held = "down", 0
	if err := store.Update("", false, func(all map[string]past.Daemon) {
		all["up"] = past.Daemon{Known: at(1), LastUp: at(50)}
		all["held"] = past.Daemon{Known: at(2), LastUp: at(19), Incident: &began, Held: "pause", HeldSince: at(50)}
		all["down"] = past.Daemon{Known: at(3), LastUp: at(19), Incident: &down}
	}); err != nil {
		t.Fatal(err)
	}
	if err := store.Update("/sbin/alone", false, func(all map[string]past.Daemon) {
		all["/sbin/alone"] = past.Daemon{Known: at(4), LastUp: at(40)}
	}); err != nil {
		t.Fatal(err)
	}
	exit := 3
	ledger := []past.Incident{
		{Daemon: "up", Down: at(5).Time, Up: at(6).Time, Seconds: 60, Tries: 1, Outcome: "brought_back", Cause: "oom", Steps: []words.Step{{Verb: "start", Service: "s", Seconds: 1.5, Exit: &exit, Error: "no"}}},
		{Daemon: "gone", Down: at(7).Time, Up: at(9).Time, LastUp: at(6).Time, Seconds: 120, Held: 30, Outcome: "came_back", Reason: "not running"},
		{Daemon: "held", Down: at(8).Time, Up: at(9).Time, Seconds: 60, Outcome: "came_back"},
	}
	list, err := pasts(store, ledger, at(60), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	want := []history.Past{
		{Name: "/sbin/alone", Known: at(4).Time, Seen: at(40).Time},
		{Name: "down", Known: at(3).Time, Seen: at(60).Time, Incidents: []history.Incident{
			{Number: 1, Down: at(20).Time, UnderWay: true, Took: 40 * time.Minute, Reason: "not running", Outcome: "still_down", Tries: 2},
		}},
		{Name: "gone", Incidents: []history.Incident{
			{Number: 1, LastUp: at(6).Time, Down: at(7).Time, Up: at(9).Time, Took: 2 * time.Minute, Held: 30 * time.Second, Reason: "not running", Outcome: "came_back"},
		}},
		{Name: "held", Known: at(2).Time, Seen: at(60).Time, Incidents: []history.Incident{
			{Number: 1, Down: at(8).Time, Up: at(9).Time, Took: time.Minute, Outcome: "came_back"},
			{Number: 2, Down: at(20).Time, UnderWay: true, Took: 40 * time.Minute, Held: 11 * time.Minute, Reason: "not running", Outcome: "held", Tries: 2},
		}},
		{Name: "up", Known: at(1).Time, Seen: at(50).Time, Incidents: []history.Incident{
			{Number: 1, Down: at(5).Time, Up: at(6).Time, Took: time.Minute, Tries: 1, Outcome: "brought_back", Cause: "oom", Steps: []words.Step{{Verb: "start", Service: "s", Seconds: 1.5, Exit: &exit, Error: "no"}}},
		}},
	}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("got  %s\nwant %s", inJSON(t, list), inJSON(t, want))
	}

	list, err = pasts(store, ledger, at(60), []string{"up", "/sbin/alone"}, false)
	if err != nil || len(list) != 2 || list[0].Name != "/sbin/alone" || list[1].Name != "up" {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err = pasts(store, ledger, at(60), []string{"up", "nosuch"}, false); err == nil || !strings.Contains(err.Error(), `"nosuch"`) {
		t.Errorf("of one that nobody knows: %v", err)
	}
}

// A memory that cannot be read hides nothing of the ledger.
func TestPastsWithoutAMemory(t *testing.T) {
	store := newStore(t)
	if err := os.WriteFile(store.Path()+"/memory.json", []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := pasts(store, []past.Incident{{Daemon: "a", Seconds: 1}}, at(60), nil, false)
	if err != nil || !slices.ContainsFunc(list, func(p history.Past) bool { return p.Name == "a" }) {
		t.Errorf("%+v, %v", list, err)
	}
}

func inJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
