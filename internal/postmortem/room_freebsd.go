package postmortem

import "golang.org/x/sys/unix"

const readOnly = 1 // MNT_RDONLY

// kernelTables is the one of open files; that of processes stands in the kernel's log.
func kernelTables() []Table {
	used, err := unix.SysctlUint32("kern.openfiles")
	most, err2 := unix.SysctlUint32("kern.maxfiles")
	if err != nil || err2 != nil {
		return nil
	}
	return []Table{{"open files (kern.maxfiles)", uint64(used), uint64(most)}}
}
