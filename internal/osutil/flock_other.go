//go:build !linux && !freebsd && !openbsd && !netbsd && !dragonfly && !darwin

package osutil

import (
	"errors"
	"os"
)

// Lock is not supported on this system.
func Lock(*os.File) error { return errors.ErrUnsupported }

// LockShared is not supported on this system.
func LockShared(*os.File) error { return errors.ErrUnsupported }

// Unlock does nothing.
func Unlock(*os.File) error { return nil }
