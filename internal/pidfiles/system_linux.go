package pidfiles

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// Supported reports whether this system can be looked at.
const Supported = true

// mostLockText bounds what is read of /proc/locks, in bytes.
const mostLockText = 8 << 20

// readLocks is nil if the locks cannot be told.
func readLocks() locks {
	text, err := osutil.ReadSome("/proc/locks", mostLockText)
	if err != nil || len(text) == mostLockText {
		return nil
	}
	return parseLocks(text)
}

// lockHolders takes no lock, not even for a moment, in which a daemon could be starting.
// stat(2) names the device of a file of overlayfs or btrfs in another way than /proc/locks;
// then F_GETLK, fcntl(2), knows at least those of fcntl.
func lockHolders(l locks, f *os.File, st *unix.Stat_t, system string) (holders []int, known bool) {
	if l != nil && system != "overlay" && system != "btrfs" && system != "bcachefs" {
		dev := uint64(st.Dev)
		return l[device{unix.Major(dev), unix.Minor(dev), st.Ino}], true
	}
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); err != nil || lock.Type == unix.F_UNLCK {
		return nil, false
	}
	if lock.Pid <= 0 {
		return []int{someHolder}, true
	}
	return []int{int(lock.Pid)}, true
}

// systemOf is the file system that an open file is on, statfs(2), and whether that outlives
// a reboot.
func systemOf(f *os.File, _ string) (name string, stays bool) {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
		return "", false
	}
	switch uint32(s.Type) {
	case unix.TMPFS_MAGIC:
		return "tmpfs", false
	case unix.RAMFS_MAGIC:
		return "ramfs", false
	case unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC:
		return "the kernel's", false
	case unix.EXT4_SUPER_MAGIC:
		return "ext4", true
	case unix.XFS_SUPER_MAGIC:
		return "xfs", true
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs", true
	case unix.OVERLAYFS_SUPER_MAGIC:
		return "overlay", true
	case unix.NFS_SUPER_MAGIC:
		return "nfs", true
	case unix.FUSE_SUPER_MAGIC:
		return "fuse", true
	case 0x2fc12fc1:
		return "zfs", true
	case 0xca451a4e:
		return "bcachefs", true
	}
	return fmt.Sprintf("type %#x", uint32(s.Type)), true
}

// mostPID is the largest number that a process can have; 0 if it cannot be told.
func mostPID() int64 {
	text, err := osutil.ReadSome("/proc/sys/kernel/pid_max", 32)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// hasACL: whoever stands in an access list can write with no more to see of it than that the
// group can, acl(5).
func hasACL(path string) bool {
	n, err := unix.Lgetxattr(path, "system.posix_acl_access", nil)
	return err == nil && n > 0
}
