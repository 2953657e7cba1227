package proctable

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// thisKinfo is the layout on this machine, which gopsutil knows.
func thisKinfo() kinfoLayout {
	k := process.KinfoProc{}
	return kinfoLayout{
		size: int(unsafe.Sizeof(k)), word: int(unsafe.Sizeof(k.Flag)), second: int(unsafe.Sizeof(k.Start.Sec)),
		pid: int(unsafe.Offsetof(k.Pid)), parent: int(unsafe.Offsetof(k.Ppid)), group: int(unsafe.Offsetof(k.Pgid)), session: int(unsafe.Offsetof(k.Sid)),
		thread: int(unsafe.Offsetof(k.Tid)), comm: int(unsafe.Offsetof(k.Comm)), tdname: int(unsafe.Offsetof(k.Tdname)),
		users: int(unsafe.Offsetof(k.Uid)), realGroup: int(unsafe.Offsetof(k.Rgid)), groups: int(unsafe.Offsetof(k.Groups)), jail: int(unsafe.Offsetof(k.Jid)),
		virtual: int(unsafe.Offsetof(k.Size)), pages: int(unsafe.Offsetof(k.Rssize)), runtime: int(unsafe.Offsetof(k.Runtime)),
		start: int(unsafe.Offsetof(k.Start)), kiflag: int(unsafe.Offsetof(k.Kiflag)), state: int(unsafe.Offsetof(k.Stat)),
	}
}

// The kernel sizes an answer for a few rows more than there are; ENOMEM means that more have
// come since, EBUSY that a process is about to execute another program.
const (
	sysctlTries = 10
	sysctlPause = 5 * time.Millisecond
)

// Sysctl asks again where there is more by now.
func Sysctl(name string, args ...int) (answer []byte, err error) {
	for range sysctlTries {
		if answer, err = unix.SysctlRaw(name, args...); !errors.Is(err, unix.ENOMEM) && !errors.Is(err, unix.EBUSY) {
			break
		}
		time.Sleep(sysctlPause)
	}
	if err != nil {
		return nil, fmt.Errorf("sysctl %s: %w", name, err)
	}
	return answer, nil
}

// KInfos reads the rows of all processes by one sysctl.
func KInfos() ([]KInfo, error) {
	table, err := Sysctl("kern.proc.proc")
	if err != nil {
		return nil, err
	}
	layout := thisKinfo()
	rows, err := layout.rows(table)
	if err != nil {
		return nil, fmt.Errorf("sysctl kern.proc.proc: %w", err)
	}
	list := make([]KInfo, len(rows))
	for i, row := range rows {
		list[i] = layout.parse(row)
	}
	return list, nil
}

// kinfoOf reads the row of a number: of a thread's, that of its process. ErrGone if there is
// none.
func kinfoOf(number int) (KInfo, error) {
	answer, err := Sysctl("kern.proc.pid", number)
	if errors.Is(err, unix.ESRCH) || err == nil && len(answer) == 0 {
		return KInfo{}, ErrGone
	}
	layout := thisKinfo()
	var rows [][]byte
	if err == nil {
		rows, err = layout.rows(answer)
	}
	if err != nil {
		return KInfo{}, fmt.Errorf("cannot read process %d: %w", number, err)
	}
	return layout.parse(rows[0]), nil
}

// ProcessKInfo reads the row of a process; ErrGone if the number is a thread's.
func ProcessKInfo(pid int) (KInfo, error) {
	k, err := kinfoOf(pid)
	if err == nil && k.PID != pid {
		return KInfo{}, ErrGone
	}
	return k, err
}
