package check

import (
	"fmt"
	"slices"

	"daemon-keeper/check/proctable"
)

// Remembered is a process that an earlier look has proven to be the daemon's. As long
// as it executes the same program it is, wherever the path of that program leads by
// now: a release folder behind a link, an alternative, a profile, a file that was
// renamed.
type Remembered struct {
	PID    int
	Start  uint64 // see Usage.Start
	Exe    string
	File   proctable.FileID // what it executed
	Script proctable.FileID // the script that it ran; zero if none makes it the daemon
}

// remembered finds a process among those that are remembered. As long as its start has
// not been read, it may be one.
func (s *Spec) remembered(p *proctable.Process) bool {
	return slices.ContainsFunc(s.Remembered, func(r Remembered) bool {
		return r.PID == p.PID && (p.Taken&proctable.TimesReading == 0 || r.Start == p.Usage.Start) && r.isStill(p)
	})
}

// knows reports whether a process of that number is remembered.
func (s *Spec) knows(pid int) bool {
	return slices.ContainsFunc(s.Remembered, func(r Remembered) bool { return r.PID == pid })
}

// isStill reports whether a process executes what was remembered of it. A script that is
// no longer where its arguments say tells nothing else.
func (r Remembered) isStill(p *proctable.Process) bool {
	switch {
	case p.Denied || p.Zombie:
		return false
	case p.File == (proctable.FileID{}): // FreeBSD: the path is lost
		return p.Deleted && p.Exe == "" && r.Exe != "" && proctable.IsComm(p.Name, r.Exe)
	case p.File != r.File:
		return false
	case r.Script == (proctable.FileID{}):
		return true
	}
	return p.ScriptFile == r.Script || p.ScriptFile == (proctable.FileID{}) && p.Taken&proctable.ArgsReading != 0
}

// identifyRemembered has the last word on a process that does not execute the wanted
// file as it is now.
func identifyRemembered(file *Executable, spec *Spec, m *Match, reason Reason) Reason {
	if reason == counts || !spec.remembered(&m.Process) || file.Applet != "" && !isApplet(file.Applet, m.Args) {
		return reason
	}
	m.OldImage, m.Moved = true, true
	m.otherwise, m.asked, m.now = reason, file.Path, file.Resolved
	return counts
}

// Old says what is old about a process that runs an old image.
func (m Match) Old() string {
	if !m.Moved {
		return fmt.Sprintf("process %d runs an old image: its program has been replaced since it started, and a restart is due", m.PID)
	}
	runs, now := m.Exe, m.now
	if m.Script != "" {
		runs = m.Script
	}
	switch {
	case now == m.asked:
		now = "another file"
	case runs == "":
		runs = "an old image"
	}
	return fmt.Sprintf("process %d runs %s; %s is %s now, and a restart is due", m.PID, runs, m.asked, now)
}

// oldImageFaults are a reason to restart only if the user has said so, and only if no
// process runs the program as it is now: what is left of the old one may be finishing
// its work.
func oldImageFaults(spec *Spec, matches []Match) []Fault {
	if !spec.restarts(OldImage) || slices.ContainsFunc(matches, func(m Match) bool { return !m.OldImage }) {
		return nil
	}
	var faults []Fault
	for _, m := range matches {
		faults = append(faults, Fault{OldImage, Restart, m.Old()})
	}
	return few(faults)
}

// known are the processes that are remembered, as far as they are in the table: the
// first of each daemon first, because one is mostly enough.
func (l *looker) known(pids []int) []int {
	if len(l.remembering) == 0 {
		return nil
	}
	there := make(map[int]bool, len(l.remembering))
	for _, pid := range pids {
		if len(l.remembering[pid]) > 0 {
			there[pid] = true
		}
	}
	var list []int
	for round, found := 0, true; found; round++ {
		found = false
		for _, t := range l.targets {
			if round >= len(t.Remembered) {
				continue
			}
			found = true
			if pid := t.Remembered[round].PID; there[pid] {
				list = append(list, pid)
				there[pid] = false
			}
		}
	}
	return list
}

// rememberedBy notes which processes a target looks for by their numbers.
func (l *looker) rememberedBy(t *target) {
	for _, r := range t.Remembered {
		l.remembering[r.PID] = append(l.remembering[r.PID], t)
		if r.Script != (proctable.FileID{}) || t.file.Interpreter != nil || t.file.Applet != "" {
			l.telling[r.PID] = true
		}
	}
}

// withRemembering adds the targets that look for a process by its number.
func (l *looker) withRemembering(targets []*target, pid int) []*target {
	for _, t := range l.remembering[pid] {
		if !slices.Contains(targets, t) {
			targets = append(targets[:len(targets):len(targets)], t)
		}
	}
	return targets
}
