//go:build !linux && !freebsd

package osutil

import "errors"

func closeRangeOnExec(uint) error { return errors.ErrUnsupported }
