package rcd

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot is systemd's clock for a unit's life, CLOCK_MONOTONIC; 0 if it cannot be
// compared with the starts of processes, because the machine has been suspended since
// the boot, which that clock leaves out, clock_gettime(2).
func sinceBoot() time.Duration {
	var running, all unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &running) != nil || unix.ClockGettime(unix.CLOCK_BOOTTIME, &all) != nil {
		return 0
	}
	return unlessSuspended(time.Duration(running.Nano()), time.Duration(all.Nano()))
}

// monotonic is the clock by which systemd stamps what happens, clock_gettime(2); 0 if it
// cannot be read: then no work has an age.
func monotonic() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// changeTime is when a file, or a link itself, was last changed, renamed too; zero if that
// cannot be told.
func changeTime(info os.FileInfo) time.Time {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(stat.Ctim.Unix())
	}
	return time.Time{}
}
