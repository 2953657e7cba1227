package osutil

import (
	"math"

	"golang.org/x/sys/unix"
)

// closeRangeOnExec marks all descriptors from the first on: close_range(2). Linux 5.11 has it.
func closeRangeOnExec(first uint) error {
	return unix.CloseRange(first, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
}
