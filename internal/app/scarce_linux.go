package app

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// threadsLeft returns how many threads may still be started. For the limit on a user's
// processes (root has none) only the total is known, not how many are left.
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
