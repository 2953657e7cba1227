//go:build !linux && !freebsd && !openbsd && !netbsd && !dragonfly && !darwin

package report

import (
	"errors"
	"os"
)

func flockFile(*os.File) error { return errors.ErrUnsupported }
