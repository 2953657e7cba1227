package pidfiles

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// Supported reports whether this system can be looked at.
const Supported = true

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
