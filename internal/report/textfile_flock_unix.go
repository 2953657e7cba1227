//go:build linux || freebsd || openbsd || netbsd || dragonfly || darwin

package report

import (
	"os"
	"syscall"
)

func flockFolder(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

func unlockFolder(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
