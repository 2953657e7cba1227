package check

import (
	"os"
	"path/filepath"
	"slices"
)

func ownerOf(number int) numberOwner { return newProcTable("/proc", directly()).ownerOf(number) }

// ownerOf: a thread's number has a folder in /proc as a process has, though it is
// not listed; Tgid tells, proc_pid_status(5).
func (t procTable) ownerOf(number int) numberOwner {
	text, _, err := readProc(t.dir(number)+"/status", nil, statusLimit)
	if isEnded(err) {
		return numberOwner{known: true}
	}
	st, parseErr := parseStatus(text)
	if err != nil || parseErr != nil {
		return numberOwner{}
	}
	if st.group != number {
		return t.ownerOf(st.group)
	}
	return numberOwner{known: true, pid: number, name: unescape(st.name), zombie: st.state == 'Z' && st.threads < 2}
}

func lockOf(text pidText, pids []int) pidLock {
	return newProcTable("/proc", directly()).lockOf(text.File, text.Resolved, pids)
}

// lockOf looks at what these processes have open, and whether they hold its lock,
// which a child has from its parent if flock(2) has taken it. /proc/locks knows the
// locks, too, yet names only who has taken them, and devices in another way than
// stat(2).
func (t procTable) lockOf(id FileID, path string, pids []int) pidLock {
	var l pidLock
	for _, pid := range slices.Compact(slices.Sorted(slices.Values(pids))) {
		names, err := readNames(t.dir(pid)+"/fd", descriptorsLimit)
		if isEnded(err) {
			continue
		}
		if err != nil {
			return pidLock{}
		}
		l.known = true
		for _, name := range names {
			link, err := os.Readlink(t.dir(pid) + "/fd/" + name)
			if err != nil || baseName(link) != filepath.Base(path) {
				continue
			}
			info, _, err := readProc(t.dir(pid)+"/fdinfo/"+name, nil, fdinfoLimit)
			if err != nil || !holdsLock(info) {
				continue
			}
			if opened, _, err := statImage(t.dir(pid) + "/fd/" + name); err == nil && opened == id && id != (FileID{}) {
				l.holders = append(l.holders, pid)
			} else if link == path+deletedMark {
				l.removed = append(l.removed, pid)
			}
		}
	}
	return l
}
