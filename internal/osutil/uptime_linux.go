package osutil

import (
	"time"

	"golang.org/x/sys/unix"
)

// Uptime is how long the machine has been up, whatever its clock says, the time in which
// it was suspended included, clock_gettime(2).
func Uptime() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0, err
	}
	return time.Duration(t.Nano()), nil
}
