package state

import "syscall"

// mknod makes a device, /dev/zero's.
func mknod(path string) error { return syscall.Mknod(path, syscall.S_IFCHR|0o600, 1<<8|5) }
