package app

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
)

// listPauses prints the pauses that hold now. It makes nothing.
func listPauses(c cli.Command) error {
	now := state.Now()
	store, err := state.LookStore(c.StateDir)
	var pauses []past.Pause
	if err == nil {
		pauses, err = store.Pauses(now)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // without a folder nobody has paused anything
		return err
	}
	var out output
	switch {
	case c.Output == cli.JSON:
		list := make([]report.Pause, len(pauses))
		for i, p := range pauses {
			list[i] = reported(p)
		}
		report.WritePauses(&out, now.Time, list)
		return out.err
	case len(pauses) == 0:
		fmt.Fprintln(&out, "nothing is paused")
	}
	for _, p := range pauses {
		fmt.Fprintln(&out, words.Printable(strings.Replace(keeper.PauseText(p), "it is", shown(p.Name), 1)))
	}
	return out.err
}

func reported(p past.Pause) report.Pause {
	r := report.Pause{Name: p.Name, By: p.By, Reason: p.Reason, From: p.From.Time}
	if p.Name == past.AllPaused {
		r.Name = ""
	}
	if p.For > 0 {
		r.Until = p.From.Time.Add(p.For)
	}
	return r
}
