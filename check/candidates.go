package check

import (
	"slices"
	"strings"

	"daemon-keeper/check/proctable"
)

// version is an interpreter whose name any version may follow.
type version struct {
	name   string
	target *target
}

// mayMatter reports whether the quick pass must look at a process of which the kernel's
// name is known. It may be that of the link or of the script that was asked for, or of
// what that leads to. That of another link is another; the careful pass finds it, and a
// target that must see all that count does without this.
func (l *looker) mayMatter(pid int, comm string) bool {
	if l.allCount || l.asked[comm] || len(l.remembering[pid]) > 0 || len(l.candidates(comm)) > 0 {
		return true
	}
	if !mayBeCut(comm) {
		return false
	}
	for name := range l.names {
		if proctable.IsComm(comm, name) {
			return true
		}
	}
	for name := range l.asked {
		if proctable.IsComm(comm, name) {
			return true
		}
	}
	return slices.ContainsFunc(l.versions, func(v version) bool { return proctable.IsComm(comm, v.name) || strings.HasPrefix(comm, v.name) })
}

// candidates are the targets whose processes have this name.
func (l *looker) candidates(exe string) []*target {
	base := proctable.BaseName(exe)
	targets := l.names[base]
	for _, v := range l.versions {
		if isVersionOf(base, v.name) {
			targets = append(targets[:len(targets):len(targets)], v.target)
		}
	}
	return targets
}
