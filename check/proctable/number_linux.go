package proctable

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

func OwnerOf(number int) Owner { return At("/proc", Directly()).ownerOf(number) }

// ownerOf: a thread's number has a folder in /proc as a process has, though it is
// not listed; Tgid tells, proc_pid_status(5).
func (t procTable) ownerOf(number int) Owner {
	st, err := t.readStatus(number, nil)
	if IsEnded(err) {
		return Owner{Known: true}
	}
	if err != nil {
		return Owner{}
	}
	if st.Leader != number {
		return t.ownerOf(st.Leader)
	}
	return Owner{Known: true, PID: number, Name: unescape(st.Name), Zombie: st.isZombie()}
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
		numbers, err := Numbers(t.dir(pid)+"/fd", descriptorsLimit)
		if IsEnded(err) {
			continue
		}
		if err != nil {
			return Lock{}
		}
		l.Known = true
		for _, number := range numbers {
			name := strconv.Itoa(number)
			link, err := os.Readlink(t.dir(pid) + "/fd/" + name)
			if err != nil || BaseName(link) != filepath.Base(path) {
				continue
			}
			info, err := readProc(t.dir(pid)+"/fdinfo/"+name, nil, fdinfoLimit)
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

// SeenBy is a path as the process itself sees it.
func SeenBy(pid int, path string) string {
	return seenFrom(At("/proc", Directly()).dir(pid), path)
}

// StartTime is the time of day of a start, see Usage.Start, by the clock as it is now; zero if
// there is none. up is how long the machine has been up, suspended time included.
func StartTime(start uint64, now time.Time, up time.Duration) time.Time {
	if start == 0 || start > uint64(up/tick)+1 {
		return time.Time{}
	}
	return now.Add(time.Duration(start)*tick - up)
}
