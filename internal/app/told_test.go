package app

import (
	"slices"
	"testing"
	"time"

	"daemon-keeper/internal/report"
)

// Whatever would be printed each minute is a topic, and is forgotten once it is over.
func TestOnce(t *testing.T) {
	r := report.Report{
		Daemons: []report.Daemon{
			{Name: "up", Result: report.Up},
			{Name: "down", Result: report.StillDown}, // an incident, which is remembered as such
			{Name: "rule", Rule: true, Result: report.Wrong, Reason: "pid 7"},
			{Name: "hinted", Result: report.CannotTell, Reason: "cannot find service x", Hint: "list them"},
			{Name: "bare", Result: report.CannotTell, Reason: "clouded"},
		},
		Mistakes: []report.Mistake{{Text: "unknown key"}},
	}
	o := once(r, time.Hour)
	want := []string{"rule\x00rule", "unclear\x00hinted\x00cannot find service x", "unclear\x00bare\x00clouded", "mistake\x00unknown key"}
	if !slices.Equal(o.Topics, want) || o.Remind != time.Hour {
		t.Errorf("%q each %v, want %q", o.Topics, o.Remind, want)
	}
	for topic, over := range map[string]bool{
		"rule\x00up":            true,
		"rule\x00hinted":        false, // it may be broken still
		"rule\x00other":         false, // this run has not looked at it
		"unclear\x00up\x00why":  true,
		"unclear\x00bare\x00x":  true, // it is another reason now
		"mistake\x00of before":  true,
		"unclear\x00other\x00x": false,
	} {
		if got := o.Over(topic); got != over {
			t.Errorf("%q is over: %v", topic, got)
		}
	}
	r.Whole = true
	if o := once(r, 0); !o.Over("rule\x00other") {
		t.Error("what is kept no more is remembered")
	}
	mark(&r, map[string]bool{"rule\x00rule": true, "mistake\x00unknown key": true})
	if !r.Daemons[2].Known || r.Daemons[4].Known || !r.Mistakes[0].Known {
		t.Errorf("%+v", r)
	}
}
