package osutil

import (
	"math"

	"golang.org/x/sys/unix"
)

// closeRangeOnExec marks all descriptors from the first on: close_range(2). All FreeBSDs that Go
// works on have the call; those that do not know the flag say EINVAL.
func closeRangeOnExec(first uint) error {
	const onExec = 1 << 2 // CLOSE_RANGE_CLOEXEC of unistd.h
	if _, _, errno := unix.Syscall(unix.SYS_CLOSE_RANGE, uintptr(first), math.MaxUint32, onExec); errno != 0 {
		return errno
	}
	return nil
}
