package scarce

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// spaceLeft is how much address space may still be taken.
func spaceLeft() uint64 {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_AS, &l) != nil || l.Cur == unlimited {
		return unlimited
	}
	return l.Cur - min(taken(), l.Cur)
}

// taken is the first number in /proc/self/statm, in pages, proc_pid_statm(5). Package os
// would need descriptors of its own to read it.
func taken() uint64 {
	fd, err := syscall.Open("/proc/self/statm", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer syscall.Close(fd)
	var text [128]byte
	n, err := syscall.Read(fd, text[:])
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text[:n]), " ")
	pages, err := strconv.ParseUint(first, 10, 40)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}
