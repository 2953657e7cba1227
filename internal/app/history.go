package app

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// history prints what has happened.
func history(c cli.Command) error {
	now := state.Now()
	since, err := report.ParseSince(c.Since, now.Time.Local())
	if err != nil {
		return err
	}
	var out output
	face := report.History{
		Out: &out, Width: terminal.Width(os.Stdout), Color: terminal.Colored(os.Stdout, c.Color),
		Blocks: terminal.UTF8(), Now: now.Time.Local(), Since: since, JSON: c.Output == cli.JSON,
	}
	if err := writeHistory(c, now, face); err != nil {
		return err
	}
	return out.err
}

// writeHistory reads what is remembered, and shows it.
func writeHistory(c cli.Command, now past.Stamp, face report.History) error {
	store, err := lookStore(c.StateDir)
	if err != nil {
		return err
	}
	ledger, broken, err := store.Incidents(time.Time{})
	if err != nil {
		return err
	}
	pasts, err := pasts(store, ledger, now, c.Names, terminal.Colored(os.Stderr, c.Color))
	if err != nil {
		return err
	}
	face.Broken = broken
	face.Write(pasts)
	return nil
}

// noHistoryError says that there is nothing to be told.
type noHistoryError struct{ dir string }

func (e *noHistoryError) Error() string {
	return "cannot tell any history: no run has remembered anything in " + e.dir
}

// Hint is the way out.
func (e *noHistoryError) Hint() string {
	return "it is kept by daemon-keeper run, as root; if it is elsewhere, name the folder with --state-dir"
}

// pasts joins what the ledger has of each daemon with what runs remember of it.
func pasts(store *state.Store, ledger []past.Incident, now past.Stamp, names []string, color bool) ([]report.Past, error) {
	known, err := store.ReadAll()
	if err != nil { // the ledger has the rest
		terminal.Caution(os.Stderr, color, err.Error())
	}
	incidents := make(map[string][]report.Incident)
	for _, i := range ledger {
		incidents[i.Daemon] = append(incidents[i.Daemon], ended(i))
	}
	all := slices.Collect(maps.Keys(incidents))
	for name := range known {
		all = append(all, name)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("cannot tell any history of %q: no run has seen a daemon of that name", name)
		}
	}
	if len(names) > 0 {
		all = slices.DeleteFunc(all, func(name string) bool { return !slices.Contains(names, name) })
	}
	list := make([]report.Past, len(all))
	for i, name := range all {
		d := known[name]
		list[i] = report.Past{Name: name, Known: now.Retell(d.Known).Time, Seen: now.Retell(d.LastUp).Time, Incidents: incidents[name]}
		if d.Incident != nil {
			list[i].Incidents, list[i].Seen = append(list[i].Incidents, underWay(*d.Incident, d, now)), now.Time
		}
		for k := range list[i].Incidents {
			list[i].Incidents[k].Number = k + 1
		}
	}
	return list, nil
}

func ended(i past.Incident) report.Incident {
	return report.Incident{
		LastUp: i.LastUp, Down: i.From(), Up: i.Up, Took: duration(i.Seconds), Held: duration(i.Held),
		Reason: i.Reason, Cause: i.Cause, Sender: i.Sender, Certainty: i.Certainty, Source: i.Source, Outcome: i.Outcome, For: i.For, Tries: i.Tries, Steps: i.Steps,
	}
}

func underWay(i past.Incident, d past.Daemon, now past.Stamp) report.Incident {
	out := ended(i.Retold(now))
	out.UnderWay, out.Took = true, i.Lasts(now)
	if d.Held != "" {
		out.Held += now.Since(d.HeldSince)
		out.Outcome = words.LeftAlone
	}
	return out
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
