//go:build !linux && !freebsd

package osutil

import (
	"errors"
	"time"
)

// Uptime is not supported on this system.
func Uptime() (time.Duration, error) { return 0, errors.ErrUnsupported }
