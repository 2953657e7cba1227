package rcd

import (
	"os"

	"golang.org/x/sys/unix"
)

// punch makes a hole of the first bytes of a file, which keeps its size: fallocate(2).
func punch(f *os.File, bytes int64) error {
	if bytes == 0 {
		return nil
	}
	return unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, bytes)
}
