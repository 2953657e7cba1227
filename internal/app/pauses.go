package app

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
)

// listPauses prints the pauses that hold now. It makes nothing.
func listPauses(dir string) error {
	store, err := state.LookStore(dir)
	var pauses []state.Pause
	if err == nil {
		pauses, err = store.Pauses(state.Now())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // without a folder nobody has paused anything
		return err
	}
	var out output
	if len(pauses) == 0 {
		fmt.Fprintln(&out, "nothing is paused")
	}
	for _, p := range pauses {
		fmt.Fprintln(&out, words.Printable(strings.Replace(keeper.PauseText(p), "it is", shown(p.Name), 1)))
	}
	return out.err
}
