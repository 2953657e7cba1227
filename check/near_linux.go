package check

import (
	"os"
	"strconv"
	"strings"
)

// threads reads /proc/PID/task/TID/comm, proc_pid_task(5), which anybody may.
func (t procTable) threads(pid int) []thread {
	dir := t.dir(pid) + "/task/"
	names, err := readNames(dir)
	if err != nil {
		return nil
	}
	var list []thread
	for _, name := range names {
		id, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if comm, err := os.ReadFile(dir + name + "/comm"); err == nil {
			list = append(list, thread{id, strings.TrimSuffix(string(comm), "\n")})
		}
	}
	return list
}
