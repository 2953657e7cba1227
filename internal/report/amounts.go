package report

import (
	"fmt"
	"strings"
)

// PIDList formats process IDs for people, at most five of them.
func PIDList(pids []int) string {
	const most = 5
	switch len(pids) {
	case 0:
		return "no process"
	case 1:
		return fmt.Sprintf("pid %d", pids[0])
	}
	var b strings.Builder
	b.WriteString("pids")
	for i, pid := range pids {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(pids)-most)
			break
		}
		fmt.Fprintf(&b, " %d", pid)
	}
	return b.String()
}
