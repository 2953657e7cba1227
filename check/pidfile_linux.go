package check

import (
	"os"
	"path/filepath"
	"slices"
)

func ownerOf(number int) numberOwner { return newProcTable("/proc").ownerOf(number) }

// ownerOf: a thread's number has a folder in /proc as a process has, though it is
// not listed; Tgid tells, proc_pid_status(5).
func (t procTable) ownerOf(number int) numberOwner {
	text, err := os.ReadFile(t.dir(number) + "/status")
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

func lockOf(f *os.File, path string, pids []int) pidLock {
	var id FileID
	if f != nil {
		info, err := f.Stat()
		if err != nil {
			return pidLock{}
		}
		id = fileID(info)
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	return newProcTable("/proc").lockOf(id, path, pids)
}

// lockOf looks at what these processes have open, and whether they hold its lock,
// which a child has from its parent if flock(2) has taken it. /proc/locks knows the
// locks, too, yet names only who has taken them, and devices in another way than
// stat(2).
func (t procTable) lockOf(id FileID, path string, pids []int) pidLock {
	var l pidLock
	for _, pid := range slices.Compact(slices.Sorted(slices.Values(pids))) {
		names, err := readNames(t.dir(pid) + "/fd")
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
			info, err := os.ReadFile(t.dir(pid) + "/fdinfo/" + name)
			if err != nil || !holdsLock(info) {
				continue
			}
			if statID(t.dir(pid)+"/fd/"+name) == id && id != (FileID{}) {
				l.holders = append(l.holders, pid)
			} else if link == path+deletedMark {
				l.removed = append(l.removed, pid)
			}
		}
	}
	return l
}
