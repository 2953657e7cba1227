package state

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/past"
)

// Cron would mail a rule that is broken each minute: it is told once, again after each time
// of reminding, and anew once it was over. A damaged file counts as none.
func TestTell(t *testing.T) {
	s, err := OpenStore(t.TempDir() + "/state")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 1024)
	for i, tc := range []struct {
		topics string // that are so now
		unseen string // of which this run cannot tell
		at     time.Duration
		remind time.Duration
		known  string
		damage bool
	}{
		{topics: "a"},
		{topics: "a b", at: time.Minute, known: "a"},
		{topics: "a b", at: 2 * time.Minute, known: "a b"},
		{topics: "a b", at: 62 * time.Minute, remind: time.Hour},
		{topics: "a b", at: 63 * time.Minute, remind: time.Hour, known: "a b"},
		{topics: "b", at: 64 * time.Minute, known: "b"},
		{topics: "a b", at: 65 * time.Minute, known: "b"},
		{topics: "b", unseen: "a", at: 66 * time.Minute, known: "b"},
		{topics: "a b", at: 67 * time.Minute, known: "a b"},
		{topics: "a b", at: time.Minute}, // the clock was set back
		{topics: "", at: 68 * time.Minute},
		{topics: "", at: 69 * time.Minute},
		{topics: "a", at: 70 * time.Minute},
		{topics: "a", at: 71 * time.Minute, damage: true},
		{topics: long, at: 72 * time.Minute},
		{topics: long, at: 73 * time.Minute, known: long},
	} {
		if tc.damage {
			if err := os.WriteFile(s.file("once-k.json"), []byte("{"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o := past.Once{Topics: strings.Fields(tc.topics), Remind: tc.remind, Over: func(x string) bool { return x != tc.unseen }}
		known, err := s.Tell("k", o, past.Stamp{Time: time.Unix(0, 0).Add(tc.at)})
		if err != nil {
			t.Fatal(err)
		}
		for _, topic := range o.Topics {
			if want := slices.Contains(strings.Fields(tc.known), topic); known[topic] != want {
				t.Errorf("%d: %.10q is known: %v", i, topic, known[topic])
			}
		}
		if _, err := os.Lstat(s.file("once-k.json")); (err == nil) != (len(o.Topics) > 0) {
			t.Errorf("%d: the file: %v", i, err)
		}
	}
}
