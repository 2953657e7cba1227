package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// The parents of what is remembered on a disk, hier(7), and on a tmpfs,
// shm_overview(7).
const (
	diskParent  = "/var/tmp"
	tmpfsParent = "/dev/shm"
)

// memoryRounds is for a difference that is small beside what chance makes of two
// equal runs.
const memoryRounds = 10 // times the rounds of the others

// makeStates makes the folders of the memory. A machine without one of the two kinds
// is measured without it, with a note.
func (t *tools) makeStates() (notes []string, err error) {
	t.states = map[string]string{nameNowhere: ""}
	for _, s := range []struct {
		name, parent string
		tmpfs        bool
	}{
		{nameDisk, diskParent, false},
		{nameTmpfs, tmpfsParent, true},
	} {
		var fs unix.Statfs_t
		if err := unix.Statfs(s.parent, &fs); err != nil || (int64(fs.Type) == unix.TMPFS_MAGIC) != s.tmpfs {
			notes = append(notes, fmt.Sprintf("%s: left out, %s is none", s.name, s.parent))
			continue
		}
		if t.states[s.name], err = os.MkdirTemp(s.parent, "keeper-bench-"); err != nil {
			return notes, fmt.Errorf("cannot make a folder for the memory: %w", err)
		}
	}
	return notes, nil
}

func (t *tools) removeStates() {
	for _, dir := range t.states {
		os.RemoveAll(dir) // "": nothing
	}
}

// stateDir is where a contender remembers of whom nothing else is said.
func (t *tools) stateDir() string {
	if dir, ok := t.states[nameDisk]; ok {
		return filepath.Join(dir, "other")
	}
	return filepath.Join(t.dir, "state")
}

// raceMindful measures the runs over a configuration by where they remember. They
// race apart from the others: each only beside its equals, and many more rounds.
func (t *tools) raceMindful(ctx context.Context, size, rounds int) ([]row, error) {
	var all []contender
	for _, n := range []int{1, mostDaemons} {
		for _, name := range []string{nameNowhere, nameDisk, nameTmpfs} {
			if dir, ok := t.states[name]; ok {
				all = append(all, contender{name, n, t.keeperArgs(dir, "-c", t.configFile(n)), ""})
			}
		}
	}
	samples, err := t.race(ctx, all, rounds)
	if err != nil {
		return nil, err
	}
	var rows []row
	for i, c := range all {
		rows = append(rows, summarize(size, c.name, c.daemons, samples[i]))
	}
	return rows, nil
}
