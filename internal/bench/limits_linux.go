package main

import (
	"fmt"
	"math"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// idleKiB is the memory that one idle process takes, the kernel's part included
// (measured: 180), with something to spare.
const idleKiB = 256

// limit is one thing that can forbid more processes, and how many it allows.
type limit struct {
	name string
	room int
}

// checkRoom says which limit forbids that many more processes, if one does. A
// limit that cannot be read forbids nothing: the start itself would fail then.
func checkRoom(more int) error {
	for _, l := range limits() {
		if l.room < more {
			return hinted{
				fmt.Errorf("cannot start %s more processes: %s allows %s", thousands(more), l.name, thousands(max(l.room, 0))),
				"raise the limit, or measure smaller tables with -sizes",
			}
		}
	}
	return nil
}

func limits() []limit {
	// The fourth field of /proc/loadavg is running/all tasks, threads included.
	var tasks int
	fmt.Sscanf(read("/proc/loadavg"), "%f %f %f %d/%d", new(float64), new(float64), new(float64), new(int), &tasks)
	all := []limit{
		// The kernel keeps the first 300 numbers for the time of the boot.
		{"kernel.pid_max", number("/proc/sys/kernel/pid_max") - 300 - tasks},
		{"kernel.threads-max", number("/proc/sys/kernel/threads-max") - tasks},
		{"memory", meminfo("MemAvailable") / idleKiB},
	}
	// Root is exempt from RLIMIT_NPROC (copy_process in kernel/fork.c).
	var nproc unix.Rlimit
	if os.Geteuid() != 0 && unix.Getrlimit(unix.RLIMIT_NPROC, &nproc) == nil && nproc.Cur < math.MaxInt32 {
		all = append(all, limit{"ulimit -u", int(nproc.Cur)})
	}
	return append(all, cgroupLimits(read("/proc/self/cgroup"))...)
}

// cgroupLimits reads the pids controller of our control group and of all above
// it (systemd's TasksMax), from the text of /proc/self/cgroup.
func cgroupLimits(text string) []limit {
	var all []limit
	for line := range strings.Lines(text) {
		// hierarchy:controllers:path, the controllers empty in version 2
		field := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(field) != 3 {
			continue
		}
		root := "/sys/fs/cgroup"
		switch field[1] {
		case "pids":
			root += "/pids"
		case "":
		default:
			continue
		}
		for dir := path.Clean(field[2]); ; dir = path.Dir(dir) {
			file := path.Join(root, dir, "pids.max") // "max" is no limit
			most, err1 := strconv.Atoi(read(file))
			now, err2 := strconv.Atoi(read(path.Join(root, dir, "pids.current")))
			if err1 == nil && err2 == nil {
				all = append(all, limit{file, most - now})
			}
			if dir == "/" || dir == "." {
				break
			}
		}
	}
	return all
}

// meminfo returns a field of /proc/meminfo in KiB. Not there: as if endless.
func meminfo(name string) int {
	for line := range strings.Lines(read("/proc/meminfo")) {
		if field := strings.Fields(line); len(field) > 1 && field[0] == name+":" {
			if n, err := strconv.Atoi(field[1]); err == nil {
				return n
			}
		}
	}
	return math.MaxInt
}

// number reads a file of one number. Not readable: as if endless.
func number(file string) int {
	if n, err := strconv.Atoi(read(file)); err == nil {
		return n
	}
	return math.MaxInt
}

// read returns a file's text without the space around it, or "".
func read(file string) string {
	b, _ := os.ReadFile(file)
	return strings.TrimSpace(string(b))
}
