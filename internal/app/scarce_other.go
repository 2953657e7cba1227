//go:build !linux

package app

import "golang.org/x/sys/unix"

// startLimits are how many descriptors we may have; what is left of the address space is
// not known.
func startLimits() (descriptors, left uint64) {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil {
		return unlimited, unlimited
	}
	return uint64(l.Cur), unlimited
}

// threadsLeft is not known.
func threadsLeft() uint64 { return unlimited }
