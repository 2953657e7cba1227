//go:build !linux

package rcd

import (
	"errors"
	"os"
)

// punch is Linux's: fspacectl(2) of FreeBSD 14 is not known to 13.
func punch(*os.File, int64) error { return errors.ErrUnsupported }
