package state

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/trust"
	"daemon-keeper/internal/words"
)

// FindHolder reports whether a run is at work on one of the services: then the error is a
// HeldError. It creates nothing, and any user may call it.
//
// It takes each lock for a moment, shared with other callers. A run that finds the lock taken
// at that moment tries again, see lockTries.
func FindHolder(path string, services []string) error {
	dir, err := trust.Folder(path)
	if err != nil {
		return nil // it is missing, or no run takes a lock in it
	}
	for _, service := range services {
		if err := findHolder(filepath.Join(dir, words.ServiceFile(service)+".lock"), service); err != nil {
			return err
		}
	}
	return nil
}

func findHolder(path, service string) error {
	f, err := osutil.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot open lock: %w", err)
	}
	defer f.Close()
	switch err := osutil.LockShared(f); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return heldBy(f, service)
	case err != nil:
		return fmt.Errorf("cannot look at lock %s: %w", path, err)
	}
	return osutil.Unlock(f)
}
