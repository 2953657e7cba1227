package history

import (
	"reflect"
	"testing"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
)

func at(minutes time.Duration) past.Stamp {
	up := minutes * time.Minute
	return past.Stamp{Time: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC).Add(up), Boot: "b", Up: up}
}

// What has ended and what is under way, of those that are remembered and of those that only
// the ledger knows.
func TestPasts(t *testing.T) {
	began := past.Incident{Daemon: "held", Down: at(20).Time, Began: at(20), Reason: "not running", Outcome: "still_down", Held: 60, Tries: 2}
	down := began
	down.Daemon, down.Held = "down", 0
	daemons := map[string]past.Daemon{
		"up":          {Known: at(1), LastUp: at(50)},
		"held":        {Known: at(2), LastUp: at(19), Incident: &began, Held: "pause", HeldSince: at(50)},
		"down":        {Known: at(3), LastUp: at(19), Incident: &down},
		"/sbin/alone": {Known: at(4), LastUp: at(40)},
	}
	of := func(daemon string, minute, seconds float64, outcome words.Outcome) past.Incident {
		return past.Incident{Daemon: daemon, Down: at(time.Duration(minute)).Time, Seconds: seconds, Outcome: outcome}
	}
	ledger := []past.Incident{of("up", 5, 60, "brought_back"), of("gone", 7, 120, "came_back"), of("held", 8, 60, "came_back")}
	sofar, held := down, began
	sofar.Seconds = 40 * 60
	held.Seconds, held.Held, held.Outcome = 40*60, 11*60, words.LeftAlone
	want := map[string]Past{
		"/sbin/alone": {Name: "/sbin/alone", Known: at(4).Time, Seen: at(40).Time},
		"down":        {Name: "down", Known: at(3).Time, Seen: at(60).Time, Incidents: []Incident{{sofar, 1, true}}},
		"gone":        {Name: "gone", Incidents: []Incident{{ledger[1], 1, false}}},
		"held":        {Name: "held", Known: at(2).Time, Seen: at(60).Time, Incidents: []Incident{{ledger[2], 1, false}, {held, 2, true}}},
		"up":          {Name: "up", Known: at(1).Time, Seen: at(50).Time, Incidents: []Incident{{ledger[0], 1, false}}},
	}
	if got := Pasts(ledger, daemons, at(60)); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if began.Seconds != 0 || began.Held != 60 {
		t.Error("what was remembered has changed")
	}
}
