package check

import (
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// read leaves the label empty: FreeBSD's MAC modules have none that could be
// read here.
func (t *kernTable) read(p *Process, what reading) error {
	if what&argsReading != 0 {
		p.Args = readArgs(p.PID)
	}
	if what&filesReading != 0 {
		p.Usage.Files, p.Usage.FilesLimit, p.Usage.FilesErr = countFiles(p.PID)
	}
	if what&timesReading != 0 {
		spent, err := t.times(p.PID)
		if err != nil {
			return err
		}
		p.Usage.Age = time.Since(time.UnixMicro(int64(spent.start)))
	}
	return nil
}

// countFiles asks kern.proc.nfds and kern.proc.rlimit, <sys/sysctl.h>.
func countFiles(pid int) (open, limit int, err error) {
	var n int32
	buf, err := unix.SysctlRaw("kern.proc.nfds", pid)
	switch {
	case err != nil:
		return 0, 0, err
	case len(buf) != int(unsafe.Sizeof(n)):
		return 0, 0, errors.New("kern.proc.nfds has another size")
	}
	n = *(*int32)(unsafe.Pointer(&buf[0]))
	buf, err = unix.SysctlRaw("kern.proc.rlimit", pid, unix.RLIMIT_NOFILE)
	switch {
	case err != nil:
		return 0, 0, err
	case len(buf) != int(unsafe.Sizeof(unix.Rlimit{})):
		return 0, 0, errors.New("kern.proc.rlimit has another size")
	}
	return int(n), int((*unix.Rlimit)(unsafe.Pointer(&buf[0])).Cur), nil
}

// times: the start is told by the clock of the day as it is now, so that an age
// is right whatever steps that has made, while a start is not for ever the same.
func (t *kernTable) times(pid int) (times, error) {
	k, err := readKinfo(pid)
	if err != nil {
		return times{}, err
	}
	start := uint64(int64(k.Start.Sec)*1e6 + int64(k.Start.Usec))
	return times{time.Duration(k.Runtime) * time.Microsecond, start}, nil
}
