package rcd

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
)

// queuedJob is a line of systemctl list-jobs.
type queuedJob struct {
	Job
	verb    string // start, stop, restart, reload, verify-active
	running bool   // else it waits
}

// queue asks for the jobs of a unit; for all of them if none is named.
func (s systemd) queue(ctx context.Context, unit ...string) ([]queuedJob, error) {
	r, err := s.query(ctx, append([]string{s.systemctl, "list-jobs", "--no-legend", "--plain"}, unit...))
	return parseQueue(r.output), err
}

// parseQueue reads what systemctl list-jobs --no-legend --plain prints, and sorts it by
// the numbers, which grow:
//
//	381 behind.service  start waiting
//	331 one.service     start running
func parseQueue(text string) []queuedJob {
	var list []queuedJob
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) != 4 || f[3] != "running" && f[3] != "waiting" {
			continue
		}
		id, err := strconv.ParseUint(f[0], 10, 32)
		if err != nil {
			continue
		}
		list = append(list, queuedJob{Job{int(id), f[1]}, f[2], f[3] == "running"})
	}
	slices.SortStableFunc(list, func(a, b queuedJob) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
