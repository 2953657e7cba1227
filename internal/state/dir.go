// Package state keeps what outlives a run: the locks that keep two runs from
// restarting the same service at once, the journal of what a run is about to do, the
// memory of each daemon, pauses, and the ledger of incidents.
package state

import (
	"errors"
	"fmt"
	"os"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/trust"
)

// Dir is a folder that only we can change.
type Dir struct {
	path string
}

// DirError says why a folder cannot be used, and what to do about it.
type DirError struct {
	Path string
	Why  string
	hint string
}

func (e *DirError) Error() string { return fmt.Sprintf("cannot use folder %s: %s", e.Path, e.Why) }

// Hint is the way out.
func (e *DirError) Hint() string { return e.hint }

// OpenDir makes the folder if it is missing (0755), and refuses one in which
// somebody else could put files of theirs in place of ours.
func OpenDir(path string) (*Dir, error) {
	if err := trust.Links(path); err != nil { // or we would make folders wherever another user likes
		return nil, refused(path, err)
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, &DirError{path, osutil.Cause(err).Error(), "make it, or name another with --run-dir"}
	}
	resolved, err := trust.Folder(path)
	if err != nil {
		return nil, refused(path, err)
	}
	return &Dir{resolved}, nil
}

// Path is the folder's, with symbolic links followed.
func (d *Dir) Path() string { return d.path }

// refused says it of the folder or of what leads to it, with what mends it.
func refused(path string, err error) error {
	var why *trust.Error
	if !errors.As(err, &why) {
		return &DirError{path, err.Error(), "name another with --run-dir"}
	}
	hint := why.Hint()
	if hint == "" {
		hint = "name another with --run-dir"
	}
	return &DirError{why.Path, why.Why, hint}
}
