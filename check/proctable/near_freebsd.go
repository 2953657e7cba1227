package proctable

import (
	"errors"
	"unsafe"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// Threads asks kern.proc.pid_td (KERN_PROC_PID | KERN_PROC_INC_THREAD, sysctl(3))
// for a row of each thread: ki_tid is its number, and ki_tdname its name, cut at
// TDNAMLEN, of which ki_moretdname would hold the rest, <sys/user.h>.
func (t *kernTable) Threads(pid int) []Thread {
	const size = int(unsafe.Sizeof(process.KinfoProc{}))
	var buf []byte
	err := error(unix.ENOMEM)
	for try := 0; try < listTries && errors.Is(err, unix.ENOMEM); try++ { // more by now
		buf, err = unix.SysctlRaw("kern.proc.pid_td", pid)
	}
	if err != nil || len(buf)%size != 0 {
		return nil
	}
	var list []Thread
	for ; len(buf) > 0; buf = buf[size:] {
		k := (*process.KinfoProc)(unsafe.Pointer(&buf[0]))
		list = append(list, Thread{int(k.Tid), cString(k.Tdname[:])})
	}
	return list
}
