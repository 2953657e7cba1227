package osutil

import (
	"time"

	"golang.org/x/sys/unix"
)

// Uptime is how long the machine has been up, whatever its clock says:
// CLOCK_MONOTONIC counts from boot, clock_gettime(2).
func Uptime() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0, err
	}
	return time.Duration(t.Nano()), nil
}
