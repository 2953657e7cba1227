//go:build !linux && !freebsd && !openbsd && !netbsd && !dragonfly && !darwin

package state

import (
	"errors"
	"os"
)

func flock(*os.File) error { return errors.ErrUnsupported }

func flockShared(*os.File) error { return errors.ErrUnsupported }

func unlock(*os.File) error { return nil }
