package proctable

import (
	"os"
	"path/filepath"
	"slices"
)

func OwnerOf(number int) Owner { return At("/proc", Directly()).ownerOf(number) }

// ownerOf: a thread's number has a folder in /proc as a process has, though it is
// not listed; Tgid tells, proc_pid_status(5).
func (t procTable) ownerOf(number int) Owner {
	text, _, err := readProc(t.dir(number)+"/status", nil, statusLimit)
	if isEnded(err) {
		return Owner{Known: true}
	}
	st, parseErr := ParseStatus(text)
	if err != nil || parseErr != nil {
		return Owner{}
	}
	if st.Leader != number {
		return t.ownerOf(st.Leader)
	}
	return Owner{Known: true, PID: number, Name: unescape(st.Name), Zombie: st.State == 'Z' && st.Threads < 2}
}

func LockOf(_ string, file FileID, resolved string, pids []int) Lock {
	return At("/proc", Directly()).lockOf(file, resolved, pids)
}

// lockOf looks at what these processes have open, and whether they hold its lock,
// which a child has from its parent if flock(2) has taken it. /proc/locks knows the
// locks, too, yet names only who has taken them, and devices in another way than
// stat(2).
func (t procTable) lockOf(id FileID, path string, pids []int) Lock {
	var l Lock
	for _, pid := range slices.Compact(slices.Sorted(slices.Values(pids))) {
		names, err := readNames(t.dir(pid)+"/fd", descriptorsLimit)
		if isEnded(err) {
			continue
		}
		if err != nil {
			return Lock{}
		}
		l.Known = true
		for _, name := range names {
			link, err := os.Readlink(t.dir(pid) + "/fd/" + name)
			if err != nil || BaseName(link) != filepath.Base(path) {
				continue
			}
			info, _, err := readProc(t.dir(pid)+"/fdinfo/"+name, nil, fdinfoLimit)
			if err != nil || !holdsLock(info) {
				continue
			}
			if opened, _, err := statImage(t.dir(pid) + "/fd/" + name); err == nil && opened == id && id != (FileID{}) {
				l.Holders = append(l.Holders, pid)
			} else if link == path+DeletedMark {
				l.Removed = append(l.Removed, pid)
			}
		}
	}
	return l
}
