package tracer

import (
	"fmt"
	"os"
	"strings"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
)

// readSender reads at once what there is of a process: it may end at any moment. A number
// that belongs to another process by now is told from the sender's by its user, and by its
// start: before, if the signal may have waited to be read.
func readSender(pid int, uid uint32, before time.Duration) (*sender, proctable.Stat) {
	folder := fmt.Sprintf("/proc/%d/", pid)
	task, err := proctable.ReadStat(pid)
	if err != nil || task.Start > before {
		return nil, task
	}
	s := sender{name: task.Name}
	s.program, _ = os.Readlink(folder + "exe")
	if args, err := osutil.ReadSome(folder+"cmdline", 4<<10); err == nil && len(args) > 0 {
		s.args = strings.Split(strings.TrimSuffix(string(args), "\x00"), "\x00")
	}
	if text, err := osutil.ReadSome(folder+"status", 64<<10); err == nil {
		if status, err := proctable.ParseStatus(text); err != nil || status.Users[proctable.Real] != uid {
			return nil, task
		}
	}
	if cgroup, err := osutil.ReadSome(folder+"cgroup", 16<<10); err == nil {
		s.unit = unitOf(cgroup)
	}
	if again, err := proctable.ReadStat(pid); err == nil && again.Start != task.Start {
		return nil, task
	}
	return &s, task
}

// readAncestors follows a process's parents, without the first process of all.
func (s *sender) readAncestors(parent int) {
	for len(s.ancestors) < mostAncestors && parent > 1 {
		task, err := proctable.ReadStat(parent)
		if err != nil {
			return
		}
		s.ancestors = append(s.ancestors, ancestor{task.Name, parent})
		parent = task.Parent
	}
}
