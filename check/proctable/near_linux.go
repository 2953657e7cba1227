package proctable

import (
	"strconv"
	"strings"
)

// threadsLimit is how many threads of a process are looked at for their names.
const threadsLimit = 1024

// Threads reads /proc/PID/task/TID/comm, proc_pid_task(5), which anybody may.
func (t procTable) Threads(pid int) []Thread {
	dir := t.dir(pid) + "/task/"
	names, err := readNames(dir, threadsLimit)
	if err != nil {
		return nil
	}
	var list []Thread
	for _, name := range names {
		id, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if comm, _, err := readProc(dir+name+"/comm", nil, statLimit); err == nil {
			list = append(list, Thread{id, strings.TrimSuffix(string(comm), "\n")})
		}
	}
	return list
}
