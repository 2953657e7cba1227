package app

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// startLimits are how many descriptors we may have, and how much address space is left.
func startLimits() (descriptors, left uint64) {
	descriptors, left = unlimited, unlimited
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) == nil {
		descriptors = l.Cur
	}
	if unix.Getrlimit(unix.RLIMIT_AS, &l) == nil && l.Cur != unix.RLIM_INFINITY {
		left = l.Cur - min(addressSpace(), l.Cur)
	}
	return descriptors, left
}

// addressSpace is the first number in /proc/self/statm, in pages. What the runtime has
// for files may not be there: it needs descriptors of its own.
func addressSpace() uint64 {
	fd, err := unix.Open("/proc/self/statm", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	var text [128]byte
	n, err := unix.Read(fd, text[:])
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text[:n]), " ")
	pages, _ := strconv.ParseUint(first, 10, 63)
	return pages * uint64(os.Getpagesize())
}

// threadsLeft is how many threads may still be started. Of the limit of a user's
// processes (which is none for root) only the whole is known.
func threadsLeft() uint64 {
	left := unlimited
	var l unix.Rlimit
	if os.Getuid() != 0 && unix.Getrlimit(unix.RLIMIT_NPROC, &l) == nil {
		left = l.Cur
	}
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return left
	}
	for _, group := range pidsGroups(string(groups)) {
		most, err := os.ReadFile(group + "/pids.max")
		if err != nil || strings.HasPrefix(string(most), "max") {
			continue
		}
		if current, err := os.ReadFile(group + "/pids.current"); err == nil {
			left = min(left, pidsLeft(string(most), string(current)))
		}
	}
	return left
}
