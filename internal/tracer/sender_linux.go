package tracer

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
)

// readSender reads at once what there is of a process: it may end at any moment. A number
// that belongs to another process by now is told from the sender's by its user, and by its
// start: before, if the signal may have waited to be read.
func readSender(pid int, uid uint32, before time.Duration) (*sender, osutil.Task) {
	folder := fmt.Sprintf("/proc/%d/", pid)
	task, ok := osutil.ReadTask(pid)
	if !ok || task.Start > before {
		return nil, task
	}
	s := sender{name: task.Name}
	s.program, _ = os.Readlink(folder + "exe")
	if args, err := osutil.ReadSome(folder+"cmdline", 4<<10); err == nil && len(args) > 0 {
		s.args = strings.Split(strings.TrimSuffix(string(args), "\x00"), "\x00")
	}
	if status, err := osutil.ReadSome(folder+"status", 16<<10); err == nil && realUser(status) != int64(uid) {
		return nil, task
	}
	if cgroup, err := osutil.ReadSome(folder+"cgroup", 16<<10); err == nil {
		s.unit = unitOf(string(cgroup))
	}
	if again, ok := osutil.ReadTask(pid); ok && again.Start != task.Start {
		return nil, task
	}
	return &s, task
}

// readAncestors follows a process's parents, without the first process of all.
func (s *sender) readAncestors(parent int) {
	for len(s.ancestors) < mostAncestors && parent > 1 {
		task, ok := osutil.ReadTask(parent)
		if !ok {
			return
		}
		s.ancestors = append(s.ancestors, ancestor{task.Name, parent})
		parent = task.Parent
	}
}

// realUser is the user of a process, by its status; -1 if that does not say it.
func realUser(status []byte) int64 {
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "Uid:"); ok {
			if fields := strings.Fields(value); len(fields) > 0 {
				if uid, err := strconv.ParseUint(fields[0], 10, 32); err == nil {
					return int64(uid)
				}
			}
		}
	}
	return -1
}
