package check

import (
	"errors"
	"io"
	"unsafe"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// ownerOf: a number above PID_MAX is a thread's, for which kern.proc.pid answers
// with its process.
func ownerOf(number int) numberOwner {
	buf, err := unix.SysctlRaw("kern.proc.pid", number)
	switch {
	case errors.Is(err, unix.ESRCH), err == nil && len(buf) == 0:
		return numberOwner{known: true}
	case err != nil, len(buf) != int(unsafe.Sizeof(process.KinfoProc{})):
		return numberOwner{}
	}
	k := (*process.KinfoProc)(unsafe.Pointer(&buf[0]))
	return numberOwner{known: true, pid: int(k.Pid), name: cString(k.Comm[:]), zombie: k.Stat == process.SZOMB}
}

// lockOf asks with F_GETLK, fcntl(2), which takes no lock. It also knows those of
// flock(2), which pidfile_open(3) takes: there is one list for both, in which such
// a lock has -1 in place of its owner (lf_advlockasync and lf_getlock in
// sys/kern/kern_lockf.c).
func lockOf(text pidText, _ []int) pidLock {
	f, _ := openPIDFile(text.Path)
	if f == nil {
		return pidLock{}
	}
	defer f.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	switch err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); {
	case err != nil:
		return pidLock{}
	case lock.Type == unix.F_UNLCK:
		return pidLock{known: true}
	}
	return pidLock{known: true, holders: []int{int(lock.Pid)}}
}
