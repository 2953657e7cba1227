//go:build linux || freebsd

package proctable

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// recordLock asks with F_GETLK, fcntl(2), who has locked a file, which takes no lock.
func recordLock(f *os.File) (holders []int, known bool) {
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	switch err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); {
	case err != nil:
		return nil, false
	case lock.Type == unix.F_UNLCK:
		return nil, true
	case lock.Pid <= 0:
		return []int{SomeHolder}, true
	}
	return []int{int(lock.Pid)}, true
}
