package state

import "golang.org/x/sys/unix"

// bootID reads kern.boot_id, 16 random bytes that stay as long as this boot, in
// jails too (since FreeBSD 13); kern.boottime would not do: it moves with each
// step of the clock. Older kernels tell none.
func bootID() string {
	raw, err := unix.SysctlRaw("kern.boot_id")
	if err != nil {
		return ""
	}
	return rawID(raw)
}
