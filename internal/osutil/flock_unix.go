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

// LockShared is Lock, but others can have a shared lock at the same time.
func LockShared(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
}

// Unlock releases a lock. Closing the file does not release it if a child has a copy of the
// descriptor.
func Unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
