package pidfiles

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"

	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// Supported reports whether this system can be looked at.
const Supported = true

// systemOf is the file system of an open file, statfs(2), and whether it survives a reboot.
func systemOf(f *os.File, _ string) (name string, stays bool) {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
		return "", false
	}
	kind := uint32(s.Type)
	passing := map[uint32]string{
		unix.TMPFS_MAGIC: "tmpfs", unix.RAMFS_MAGIC: "ramfs", unix.PROC_SUPER_MAGIC: "the kernel's", unix.SYSFS_MAGIC: "the kernel's",
		unix.CGROUP_SUPER_MAGIC: "the kernel's", unix.CGROUP2_SUPER_MAGIC: "the kernel's",
	}
	if name, ok := passing[kind]; ok {
		return name, false
	}
	lasting := map[uint32]string{
		unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs", unix.OVERLAYFS_SUPER_MAGIC: "overlay",
		unix.NFS_SUPER_MAGIC: "nfs", unix.FUSE_SUPER_MAGIC: "fuse", 0x2fc12fc1: "zfs", 0xca451a4e: "bcachefs",
	}
	return cmp.Or(lasting[kind], fmt.Sprintf("type %#x", kind)), true
}

// mostPID is the largest possible process id; 0 if it is not known.
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

// hasACL reports whether a file has an access list. If the list lets somebody write, the mode only
// shows that the group can, acl(5).
func hasACL(path string) bool {
	n, err := unix.Lgetxattr(path, "system.posix_acl_access", nil)
	return err == nil && n > 0
}
