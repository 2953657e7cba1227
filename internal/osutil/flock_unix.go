//go:build linux || freebsd || openbsd || netbsd || dragonfly || darwin

package osutil

import (
	"os"
	"syscall"
)

// Lock takes a lock on a file, flock(2), without waiting: EWOULDBLOCK if another has it.
func Lock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// LockShared is Lock for one that may be shared with others that only look.
func LockShared(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
}

// Unlock gives a lock back. To close the file does not, if a child has a copy of it.
func Unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
