package osutil

import "syscall"

// CloseOthersOnExec keeps from a child what we were started with ourselves, such as the
// lock of a flock(1) around us, which a daemon would hold for years. Go opens its own
// files so.
func CloseOthersOnExec() {
	most := 1 << 16
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil {
		most = int(min(uint64(limit.Cur), uint64(most)))
	}
	for fd := 3; fd < most; fd++ {
		syscall.CloseOnExec(fd)
	}
}
