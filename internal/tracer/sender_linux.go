package tracer

import (
	"time"

	"daemon-keeper/check/proctable"
)

// readSender reads a process, if it is the one that has sent a signal. Another process that has
// its number by now is recognized by its user, or by its start: after before, when the signal
// was on its way.
func readSender(pid int, uid uint32, before time.Duration) *sender {
	l, err := proctable.ReadLiving(pid)
	if err != nil || l.Start > before || l.HasUsers && l.Users[proctable.Real] != uid {
		return nil
	}
	return &sender{Living: l}
}

// readAncestors follows a process's parents, without the first process of all.
func (s *sender) readAncestors() {
	for parent := s.Parent; len(s.ancestors) < mostAncestors && parent > 1; {
		task, err := proctable.ReadStat(parent)
		if err != nil {
			return
		}
		s.ancestors = append(s.ancestors, ancestor{task.Name, parent})
		parent = task.Parent
	}
}
