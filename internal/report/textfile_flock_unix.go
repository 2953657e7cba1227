//go:build linux || freebsd || openbsd || netbsd || dragonfly || darwin

package report

import (
	"os"
	"syscall"
)

func flockFile(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
