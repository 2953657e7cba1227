//go:build !linux && !freebsd && !openbsd && !netbsd && !dragonfly && !darwin

package report

import (
	"errors"
	"os"
)

func flockFolder(*os.File) error { return errors.ErrUnsupported }

func unlockFolder(*os.File) {}
