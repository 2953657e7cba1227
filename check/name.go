package check

import (
	"fmt"
	"path/filepath"

	"daemon-keeper/check/proctable"
)

// identifyName goes by the executable's file name, or by the kernel's name of a
// script's process, which any process can change (PR_SET_NAME).
func identifyName(spec *Spec, m *Match) Reason {
	name := spec.Called
	called := filepath.Base(m.Exe) == name || m.Denied && len(m.Args) > 0 && filepath.Base(m.Args[0]) == name
	if !called && !proctable.IsComm(m.Name, name) {
		return unrelated
	}
	switch {
	case m.Zombie:
		return Zombie
	case m.Denied && spec.nameIsEnough() && !m.Nowhere:
		return identifyDenied(name, m)
	case m.Denied:
		return Unreadable
	case !called && m.Exe != "" && proctable.IsComm(m.Name, m.Exe):
		return unrelated // its name is longer, and the kernel has cut it
	}
	m.OldImage = m.Deleted
	return counts
}

// identifyDenied goes by the kernel's name of a process that may not be looked at.
// Where that may be cut, the first argument must not say that it is another.
func identifyDenied(name string, m *Match) Reason {
	switch {
	case filepath.Base(m.Exe) == name: // FreeBSD: the path is known even of a file that may not be seen
		return counts
	case !proctable.IsComm(m.Name, name):
		return Unreadable // only its first argument is the name
	case !mayBeCut(m.Name):
		return counts
	case m.Exe != "" && proctable.IsComm(m.Name, m.Exe):
		return unrelated
	case m.Exe != "":
		return counts
	case len(m.Args) == 0:
		return Obscured
	case proctable.IsComm(m.Name, m.Args[0]) && !isCalled(m.Args[0], name):
		return unrelated
	}
	return counts
}

// mayBeCut reports whether the kernel's name may be the beginning of a longer one:
// it is as long as Linux or FreeBSD lets it be.
func mayBeCut(comm string) bool { return len(comm) == 15 || len(comm) >= 19 }

// isCalled reports whether a first argument is this name, or a title made of it.
func isCalled(arg, name string) bool {
	return isTitle(arg, name) || isTitle(filepath.Base(arg), name)
}

// nameIsEnough reports whether the kernel's name decides: where a file is wanted, no
// name is as good.
func (s *Spec) nameIsEnough() bool { return s.NameIsEnough && s.Called != "" && s.Executable == "" }

// nameFaults tells of the processes that count by no more than the kernel's name.
func nameFaults(spec Spec, matches []Match) []Fault {
	first, n := 0, 0
	for _, m := range matches {
		if !spec.nameIsEnough() || !m.Denied || filepath.Base(m.Exe) == spec.Called {
			continue
		}
		if n++; n == 1 {
			first = m.PID
		}
	}
	const one = "process %d may not be looked at: it counts by the kernel's name for it, which any process can give itself"
	const more = "process %d and %d more may not be looked at: they count by the kernel's name for them, which any process can give itself"
	switch n {
	case 0:
		return nil
	case 1:
		return []Fault{{ByName, Warn, fmt.Sprintf(one, first)}}
	}
	return []Fault{{ByName, Warn, fmt.Sprintf(more, first, n-1)}}
}
