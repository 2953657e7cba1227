package proctable

import (
	"errors"
	"io"
	"os"
	"unsafe"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// OwnerOf: a number above PID_MAX is a thread's, for which kern.proc.pid answers
// with its process.
func OwnerOf(number int) Owner {
	buf, err := unix.SysctlRaw("kern.proc.pid", number)
	switch {
	case errors.Is(err, unix.ESRCH), err == nil && len(buf) == 0:
		return Owner{Known: true}
	case err != nil, len(buf) != int(unsafe.Sizeof(process.KinfoProc{})):
		return Owner{}
	}
	k := (*process.KinfoProc)(unsafe.Pointer(&buf[0]))
	return Owner{Known: true, PID: int(k.Pid), Name: cString(k.Comm[:]), Zombie: k.Stat == process.SZOMB}
}

// LockOf asks with F_GETLK, fcntl(2), which takes no lock. It also knows those of
// flock(2), which pidfile_open(3) takes: there is one list for both, in which such
// a lock has -1 in place of its owner (lf_advlockasync and lf_getlock in
// sys/kern/kern_lockf.c).
func LockOf(path string, _ FileID, _ string, _ []int) Lock {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return Lock{}
	}
	defer f.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	switch err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); {
	case err != nil:
		return Lock{}
	case lock.Type == unix.F_UNLCK:
		return Lock{Known: true}
	}
	return Lock{Known: true, Holders: []int{int(lock.Pid)}}
}
