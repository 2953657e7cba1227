package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// historyCommand prints what has happened.
type historyCommand struct {
	Names  []string `arg:"" optional:"" sep:"none" name:"name" takes:"daemons"`
	Since  string   `default:"30d" placeholder:"TIME" help:"Go back this far, or to this date (${default})."`
	Output string   `short:"o" default:"text" placeholder:"FORMAT" choices:"text json" refuse:"cannot print the history as %q" hint:"choose text or json" help:"Print the history as text or json."`
	stateDirFlag
}

// Help is what the help says of the command beside its flags.
func (historyCommand) Help() string {
	return `
Examples:
  daemon-keeper history
  daemon-keeper history --since 2026-11-01 nginx
  daemon-keeper history --since 2w -o json`
}

func (h *historyCommand) ask(j *job) error {
	j.Output = h.Output
	return h.checkStateDir()
}

func (h *historyCommand) run(_ context.Context, j *job) (report.Status, error) {
	now := state.Now()
	since, err := report.ParseSince(h.Since, now.Time.Local())
	if err != nil {
		return report.OK, err
	}
	var out output
	err = writeHistory(h.StateDir, h.Names, j.color, now, report.History{
		Out: &out, Width: terminal.Width(os.Stdout), Color: terminal.Colored(os.Stdout, j.color),
		Blocks: terminal.UTF8(), Now: now.Time.Local(), Since: since, JSON: h.Output == outputJSON,
	})
	return report.OK, cmp.Or(err, out.err)
}

// writeHistory reads what is remembered of these daemons, or of all if names is empty, and
// prints it.
func writeHistory(stateDir string, names []string, color string, now past.Stamp, face report.History) error {
	store, err := lookStore(stateDir)
	if err != nil {
		return err
	}
	ledger, broken, err := store.Incidents(time.Time{})
	if err != nil {
		return err
	}
	pasts, err := pasts(store, ledger, now, names, terminal.Colored(os.Stderr, color))
	if err != nil {
		return err
	}
	face.Broken = broken
	face.Write(pasts)
	return nil
}

// errNoHistory is wrapped by the error for an empty memory.
var errNoHistory = errors.New("no run has remembered anything")

// lookStore opens the store for reading.
func lookStore(dir string) (*state.Store, error) {
	store, err := state.LookStore(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &hinted{
			fmt.Errorf("cannot tell any history: %w in %s", errNoHistory, dir),
			"it is kept by daemon-keeper run, as root; if it is elsewhere, name the folder with --state-dir",
		}
	}
	return store, err
}

// pasts joins the ledger's entries of each daemon with what runs remember of it.
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
