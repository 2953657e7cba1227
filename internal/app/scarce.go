package app

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// unlimited is the value of a limit that is not set.
const unlimited = ^uint64(0)

// What a run needs at least.
const (
	leastThreads   = 10 // in addition to those of the runtime
	threadsToSpare = 48 // threads that may be left hanging forever
)

// spareThreads returns how many of the left threads a run can spare for calls that may hang.
// It fails if too few are left for the run itself: the Go runtime would abort it at any
// moment, with status 2 and a trace of its goroutines.
func spareThreads(left uint64) (int, error) {
	if left < leastThreads {
		return 0, &hinted{
			fmt.Errorf("cannot work: it may start %d more threads or processes, and needs %d", left, leastThreads),
			"raise pids.max of its control group (TasksMax= of a unit), or ulimit -u",
		}
	}
	return int(min(left-leastThreads+2, threadsToSpare)), nil
}

// pidsGroups returns the folders of the control groups that limit the number of our processes
// and threads, the innermost first, from the content of /proc/self/cgroup, cgroups(7).
func pidsGroups(cgroup string) []string {
	var list []string
	for line := range strings.Lines(cgroup) {
		_, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		controllers, group, ok := strings.Cut(rest, ":")
		root := ""
		switch {
		case !ok, !path.IsAbs(group), strings.Contains(group, ".."):
			continue
		case controllers == "":
			root = "/sys/fs/cgroup"
		case controllers == "pids":
			root = "/sys/fs/cgroup/pids"
		default:
			continue
		}
		for ; group != "/"; group = path.Dir(group) {
			list = append(list, root+group)
		}
		if controllers == "" {
			list = append(list, root)
		}
	}
	return list
}

// pidsLeft returns pids.max minus pids.current.
func pidsLeft(most, current string) uint64 {
	limit, err := strconv.ParseUint(strings.TrimSpace(most), 10, 63)
	if err != nil { // "max": no limit
		return unlimited
	}
	now, err := strconv.ParseUint(strings.TrimSpace(current), 10, 63)
	if err != nil {
		return unlimited
	}
	return limit - min(now, limit)
}
