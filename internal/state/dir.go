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

// Hint says what the user can do.
func (e *DirError) Hint() string { return e.hint }

// OpenDir creates the folder with mode 0755 if it is missing, and refuses one where somebody
// else could replace our files. The error is a DirError.
func OpenDir(path string) (*Dir, error) {
	if err := trust.Links(path); err != nil { // otherwise we would create folders wherever another user wants
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

// Path returns the path of the folder, with symbolic links followed.
func (d *Dir) Path() string { return d.path }

// refused makes a DirError for the folder or a part of its path, with a hint how to fix it.
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
