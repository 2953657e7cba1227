package state

import (
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// bootID reads the random id of this boot, random(4).
func bootID() string {
	f, err := os.Open("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return ""
	}
	return textID(text)
}

// uptime is the time since the boot began, that in which the machine was suspended
// included, clock_gettime(2).
func uptime() (up time.Duration, ok bool) {
	var ts unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts)
	return time.Duration(ts.Nano()), err == nil
}
