package main

import (
	"fmt"
	"slices"
)

// The same run over a configuration, by where it remembers.
const (
	nameNowhere = "no memory"
	nameDisk    = "memory on disk"
	nameTmpfs   = "memory on tmpfs"
)

// goalMemory is the CPU of a run with a memory over that of one without, at most. It
// holds from leastForMany processes on.
const goalMemory = 1.10

// memories is the table of what the memory costs.
func memories(rows []row) [][]string {
	out := [][]string{{"processes", "daemons", "", "wall ms", "CPU ms", "x no memory", "peak MiB"}}
	for _, r := range rows {
		if none, ok := find(rows, r.size, nameNowhere, r.daemons); ok && isMindful(r) {
			out = append(out, []string{
				thousands(r.size), thousands(r.daemons), r.name, millis(r.wall), millis(r.cpu),
				fmt.Sprintf("%.3f", ratio(r, none)), mebi(r.peak),
			})
		}
	}
	return out
}

func isMindful(r row) bool {
	return slices.Contains([]string{nameNowhere, nameDisk, nameTmpfs}, r.name)
}

// judgeMemory holds the runs with a memory against those without; traced is what
// such runs have called.
func judgeMemory(rows []row, traced []calls) []goal {
	var goals []goal
	for _, r := range rows {
		none, ok := find(rows, r.size, nameNowhere, r.daemons)
		if !isMindful(r) || r.name == nameNowhere || !ok || none.cpu == 0 {
			continue
		}
		x := ratio(r, none)
		goals = append(goals, goal{
			fmt.Sprintf("CPU %.3f times that without, %s, daemons: %d, at %s processes; at most %.2f",
				x, r.name, r.daemons, thousands(r.size), goalMemory),
			x <= goalMemory,
		})
	}
	for _, c := range traced {
		replaced := c.sum("rename", "renameat", "renameat2")
		synced := c.sum("fsync", "fdatasync", "sync", "syncfs", "sync_file_range")
		goals = append(goals, goal{
			fmt.Sprintf("%d files replaced and %d waits for the disk in a healthy run, at most 1 and 0", replaced, synced),
			replaced <= 1 && synced == 0,
		})
	}
	return goals
}
