package osutil

import "syscall"

// CloseOthersOnExec sees to it that a child does not inherit the descriptors that we have
// inherited, such as the lock of a flock(1) around us: a daemon would hold it for years. Go
// opens its own files close-on-exec.
func CloseOthersOnExec() {
	if closeRangeOnExec(3) != nil {
		closeEachOnExec(3)
	}
}

// closeEachOnExec is for systems that cannot do it at once: up to 65,536 calls.
func closeEachOnExec(first int) {
	most := 1 << 16
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil {
		most = int(min(uint64(limit.Cur), uint64(most)))
	}
	for fd := first; fd < most; fd++ {
		syscall.CloseOnExec(fd)
	}
}
