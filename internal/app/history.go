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

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/terminal"
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
	since, err := history.ParseSince(h.Since, now.Time.Local())
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

// writeHistory shows what is remembered of these daemons, or of all.
func writeHistory(stateDir string, names []string, color string, now past.Stamp, face report.History) error {
	store, err := lookStore(stateDir)
	if err != nil {
		return err
	}
	m, err := remembered(store, now, terminal.Colored(os.Stderr, color))
	if err != nil {
		return err
	}
	face.Broken = m.broken
	for _, name := range names {
		if _, ok := m.pasts[name]; !ok {
			return fmt.Errorf("cannot tell any history of %q: no run has seen a daemon of that name", name)
		}
	}
	var list []history.Past
	for _, name := range m.names() {
		if len(names) == 0 || slices.Contains(names, name) {
			list = append(list, m.pasts[name])
		}
	}
	face.Write(list)
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

// memory is what runs have left.
type memory struct {
	pasts   map[string]history.Past // what has happened
	daemons map[string]past.Daemon  // as they were last seen; of those that are not kept any more there is nothing
	broken  int                     // lines of the ledger that cannot be read
}

// remembered reads the ledger, and what runs remember of each daemon.
func remembered(store *state.Store, now past.Stamp, color bool) (memory, error) {
	ledger, broken, err := store.Incidents(time.Time{})
	if err != nil {
		return memory{}, err
	}
	daemons, err := store.ReadAll()
	if err != nil { // the ledger has the rest
		terminal.Caution(os.Stderr, color, err.Error())
	}
	return memory{history.Pasts(ledger, daemons, now), daemons, broken}, nil
}

// names returns the daemons of which something is remembered.
func (m memory) names() []string { return slices.Sorted(maps.Keys(m.pasts)) }
