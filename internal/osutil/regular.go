package osutil

import (
	"errors"
	"os"
	"syscall"
)

// ErrNotRegular is the error for what is a folder, a FIFO, a socket or a device.
var ErrNotRegular = errors.New("it is not a regular file")

// OpenRegular opens a regular file for reading. The other end of a FIFO is not waited for,
// and no device is disturbed. flags may add NoFollow.
func OpenRegular(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|flags, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = ErrNotRegular
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
