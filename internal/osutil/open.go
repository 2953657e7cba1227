package osutil

import (
	"io"
	"os"
	"syscall"
)

// NoFollow are flags to open a file with that somebody else may have put there: a
// symbolic link is not followed, and the other end of a FIFO not waited for.
const NoFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// OpenFile is os.OpenFile with NoFollow.
func OpenFile(path string, flags int, mode os.FileMode) (*os.File, error) {
	return os.OpenFile(path, flags|NoFollow, mode)
}

// Open opens a file for reading, with NoFollow.
func Open(path string) (*os.File, error) { return OpenFile(path, os.O_RDONLY, 0) }

// ReadSome reads the first bytes of a file of the kernel's.
func ReadSome(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}
