package proctable

import (
	"errors"
	"fmt"
	"math"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Read leaves the label empty: FreeBSD's MAC modules have none that could be
// read here.
func (t *kernTable) Read(p *Process, what Reading) error {
	if what&ArgsReading != 0 {
		t.readArgs(p)
	}
	if what&FilesReading != 0 {
		p.Usage.Files, p.Usage.FilesLimit, p.Usage.FilesErr = countFiles(p.PID)
		if errors.Is(p.Usage.FilesErr, unix.ESRCH) {
			return ErrGone
		}
	}
	if what&ThreadsReading != 0 {
		for i, th := range t.Threads(p.PID) {
			if i == MaxThreads {
				break
			}
			p.Usage.Threads = append(p.Usage.Threads, th.ID)
		}
	}
	if what&TimesReading != 0 {
		spent, err := t.Times(p.PID)
		if err != nil {
			return err
		}
		now := time.Now()
		p.Usage.Age = now.Sub(time.UnixMicro(int64(spent.Start)))
		p.Usage.Started = now.Add(-p.Usage.Age)
		p.Usage.CPU, p.Usage.Start = spent.CPU, spent.Start
	}
	return nil
}

// countFiles asks kern.proc.filedesc; kern.proc.nfds answers for the caller only.
func countFiles(pid int) (open, limit int, err error) {
	rows, err := Sysctl("kern.proc.filedesc", pid)
	if err != nil {
		return 0, 0, err
	}
	if open, err = countDescriptors(rows); err != nil {
		return 0, 0, fmt.Errorf("sysctl kern.proc.filedesc: %w", err)
	}
	limit, err = filesLimit(pid)
	return open, limit, err
}

// filesLimit: what the kernel itself heeds is the lesser of the two, getmaxfd in
// sys/kern/kern_descrip.c.
func filesLimit(pid int) (int, error) {
	buf, err := unix.SysctlRaw("kern.proc.rlimit", pid, unix.RLIMIT_NOFILE)
	switch {
	case err != nil:
		return 0, fmt.Errorf("sysctl kern.proc.rlimit: %w", err)
	case len(buf) != int(unsafe.Sizeof(unix.Rlimit{})):
		return 0, errors.New("kern.proc.rlimit has another size")
	}
	limit := (*unix.Rlimit)(unsafe.Pointer(&buf[0])).Cur
	if most, err := unix.SysctlUint32("kern.maxfilesperproc"); err == nil {
		limit = min(limit, int64(most))
	}
	return int(min(limit, math.MaxInt32)), nil
}

// Times: the kernel converts the start to the wall clock as it is now. So an age is right
// even if the clock was set, but the same process may have another start then.
func (t *kernTable) Times(pid int) (Times, error) {
	k, err := ProcessKInfo(pid)
	return Times{k.CPU, uint64(k.Start), k.State == kinfoZombie}, err
}

// Threads asks kern.proc.pid_td (KERN_PROC_PID | KERN_PROC_INC_THREAD, sysctl(3))
// for a row of each thread: ki_tid is its number, and ki_tdname its name, cut at
// TDNAMLEN, of which ki_moretdname would hold the rest, <sys/user.h>.
func (t *kernTable) Threads(pid int) []Thread {
	answer, err := Sysctl("kern.proc.pid_td", pid)
	if err != nil {
		return nil
	}
	layout := thisKinfo()
	rows, err := layout.rows(answer)
	if err != nil {
		return nil
	}
	list := make([]Thread, len(rows))
	for i, row := range rows {
		list[i] = Thread{layout.parse(row).Thread, layout.threadName(row)}
	}
	return list
}
