package pidfiles

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Supported reports whether this system can be looked at.
const Supported = true

// systemOf is the file system of an open file, and whether the file survives a reboot: rc.d/cleanvar
// empties /var/run at each boot.
func systemOf(f *os.File, path string) (name string, stays bool) {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
		return "", false
	}
	name = unix.ByteSliceToString(s.Fstypename[:])
	return name, name != "tmpfs" && name != "procfs" && name != "devfs" && !strings.HasPrefix(path, "/var/run/")
}

// mostPID is the largest possible process id. Ids of threads are larger, so they are never mistaken
// for processes: PID_MAX and NO_PID in <sys/proc.h>.
func mostPID() int64 {
	n, err := unix.SysctlUint32("kern.pid_max")
	if err != nil {
		return 99999
	}
	return int64(n)
}

// hasACL is not needed here: the mode of a file reflects its NFSv4 access list.
func hasACL(string) bool { return false }
