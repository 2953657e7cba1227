package app

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/words"
)

// whyDays is how long a death without an explanation stays listed.
const whyDays = 30 * 24 * time.Hour

// choose finds the incidents that are meant. If there are none, it returns a text that says so.
func (k *known) choose(w whyCommand) (chosen []history.Incident, none string, err error) {
	names := k.names()
	for _, name := range w.Names {
		if _, inFile := k.file[name]; !inFile && !slices.Contains(names, name) {
			return nil, "", unknownName(name, append(names, slices.Sorted(maps.Keys(k.file))...))
		}
	}
	if len(w.Names) > 0 {
		names = slices.Compact(slices.Sorted(slices.Values(w.Names)))
	}
	switch {
	case w.Incident > 0:
		chosen, err = k.byNumber(names, w.Incident)
	case w.At != "":
		chosen, err = k.byTime(names, w.At)
	case len(w.Names) > 0:
		for _, name := range names {
			if list := k.pasts[name].Incidents; len(list) > 0 {
				chosen = append(chosen, list[len(list)-1])
			} else {
				none += k.quiet(name)
			}
		}
	default:
		for _, name := range names {
			if list := k.pasts[name].Incidents; len(list) > 0 && k.isOpen(list[len(list)-1]) {
				chosen = append(chosen, list[len(list)-1])
			}
		}
		none = "No daemon is down, and no death of the last 30 days is unexplained. One that is explained: daemon-keeper why NAME"
	}
	return chosen, none, err
}

func unknownName(name string, known []string) error {
	hint := "daemon-keeper history names those that are known"
	if near := words.Nearest(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return &hinted{fmt.Errorf("cannot explain anything of %q: no run has seen a daemon of that name", words.Cut(words.Printable(name), 200)), hint}
}

// isOpen reports whether a death is still to be explained: the daemon is down, or the cause or
// the sender is not known. A stop on purpose is not a death, nor is the first start of a daemon
// that was never up.
func (k *known) isOpen(x history.Incident) bool {
	held := x.Outcome == words.LeftAlone || x.UnderWay && k.daemons[x.Daemon].Held != ""
	switch {
	case held:
		return false
	case x.UnderWay:
		return true
	case k.now.Time.Sub(x.Down) > whyDays, x.LastUp.IsZero(), x.Kind == words.NotWell:
		return false
	}
	return !explained(x, postmortem.Weigh(keeper.Findings(x.Incident)))
}

// explained reports whether a person need not look further. Entries of an older version have
// the sender without its findings.
func explained(x history.Incident, v postmortem.Verdict) bool {
	return v.Explained() || x.Death == nil && x.Sender != "" && x.Certainty != postmortem.Hint
}

// quiet says that there is nothing to explain.
func (k *known) quiet(name string) string {
	d, ok := k.daemons[name]
	if !ok {
		return fmt.Sprintf("'%s': no run has looked at it yet. ", name)
	}
	return fmt.Sprintf("'%s': no incident is remembered; it has been watched since %s. ", name, k.now.Retell(d.Known).Time.In(k.zone).Format("2006-01-02 15:04"))
}

func (k *known) byNumber(names []string, n int) ([]history.Incident, error) {
	if len(names) != 1 {
		return nil, &hinted{fmt.Errorf("cannot tell which daemon's incident %d is meant", n), "name the daemon: daemon-keeper why --incident " + fmt.Sprint(n) + " NAME"}
	}
	list := k.pasts[names[0]].Incidents
	if n > len(list) {
		return nil, &hinted{fmt.Errorf("cannot find incident %d of %q: it has had %s", n, names[0], words.Plural(len(list), "incident")), "daemon-keeper history " + words.Shell(names[0]) + " shows them with their numbers"}
	}
	return list[n-1 : n], nil
}

// byTime returns the incidents that were under way at that time, each from when the daemon was
// last seen up; if there are none, the last one before.
func (k *known) byTime(names []string, text string) ([]history.Incident, error) {
	at, err := history.ParseAt(text, k.now.Time.In(k.zone))
	if err != nil {
		return nil, err
	}
	var covering, before []history.Incident
	for _, name := range names {
		for _, x := range k.pasts[name].Incidents {
			switch {
			case begin(x).After(at.To):
			case x.UnderWay || !end(x).Before(at.From):
				covering = append(covering, x)
			default:
				before = append(before, x)
			}
		}
	}
	if len(covering) > 0 {
		return covering, nil
	}
	if len(before) == 0 {
		return nil, &hinted{fmt.Errorf("cannot find an incident at %s or before", at.To.Format("2006-01-02 15:04:05")), "daemon-keeper history shows those that are known"}
	}
	return []history.Incident{slices.MaxFunc(before, func(a, b history.Incident) int {
		return cmp.Or(end(a).Compare(end(b)), cmp.Compare(b.Daemon, a.Daemon))
	})}, nil
}

// begin is the earliest time at which it may have died.
func begin(x history.Incident) time.Time {
	if x.LastUp.IsZero() || x.LastUp.After(x.Down) {
		return x.Down
	}
	return x.LastUp
}

func end(x history.Incident) time.Time { return x.Down.Add(words.Duration(x.Seconds)) }
