package state

import "golang.org/x/sys/unix"

// bootID reads kern.boot_id (since FreeBSD 13): 16 random bytes that stay the same during a
// boot, in jails too. kern.boottime is not a substitute: it moves with each step of the clock.
// Older kernels have no ID.
func bootID() string {
	raw, err := unix.SysctlRaw("kern.boot_id")
	if err != nil {
		return ""
	}
	return rawID(raw)
}
