package pidfiles

import (
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Supported reports whether this system can be looked at.
const Supported = true

func readLocks() locks { return nil }

// lockHolders asks with F_GETLK, fcntl(2), which takes no lock. It also knows those of
// flock(2), which pidfile_open(3) takes: such a lock has -1 in place of its owner.
func lockHolders(_ locks, f *os.File, _ *unix.Stat_t, _ string) (holders []int, known bool) {
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	switch err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); {
	case err != nil:
		return nil, false
	case lock.Type == unix.F_UNLCK:
		return nil, true
	case lock.Pid <= 0:
		return []int{someHolder}, true
	}
	return []int{int(lock.Pid)}, true
}

// systemOf is the file system that an open file is on, and whether what it holds outlives a
// reboot: rc.d/cleanvar empties /var/run at each boot.
func systemOf(f *os.File, path string) (name string, stays bool) {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
		return "", false
	}
	name = unix.ByteSliceToString(s.Fstypename[:])
	return name, name != "tmpfs" && name != "procfs" && name != "devfs" && !strings.HasPrefix(path, "/var/run/")
}

// mostPID is the largest number that a process can have. Threads have larger ones, so none of
// them can be taken for a process: PID_MAX and NO_PID in <sys/proc.h>.
func mostPID() int64 {
	n, err := unix.SysctlUint32("kern.pid_max")
	if err != nil {
		return 99999
	}
	return int64(n)
}

// hasACL has no opinion: the access lists of NFSv4 show in the mode.
func hasACL(string) bool { return false }
