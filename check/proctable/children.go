package proctable

import (
	"bytes"
	"strconv"
)

// maxChildren is how many children of a process are worth remembering.
const maxChildren = 64

// parseChildren reads /proc/PID/task/TID/children, proc_pid_task(5): process ids, each
// with a space behind it. What is no number ends the list.
func parseChildren(text []byte) []int {
	var pids []int
	for field := range bytes.FieldsSeq(text) {
		pid, err := strconv.Atoi(string(field))
		if err != nil || pid < 1 || len(pids) == maxChildren {
			break
		}
		pids = append(pids, pid)
	}
	return pids
}
