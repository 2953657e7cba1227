package proctable

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// commands reads the whole table at once, sysctl(3), and the arguments of the
// processes of this user one by one. The kernel keeps no more than
// kern.ps_arg_cache_limit of them, which costs nobody's memory lock.
func commands(ctx context.Context, user uint32, is func(args []string) bool) ([]Command, error) {
	const size = int(unsafe.Sizeof(process.KinfoProc{}))
	if err := checkKinfoSize(); err != nil {
		return nil, err
	}
	table, err := rawProc("kern.proc.proc")
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot list processes: sysctl kern.proc.proc: %w", err)
	case len(table)%size != 0:
		return nil, fmt.Errorf("cannot list processes: %d bytes are not full rows", len(table))
	}
	t := New(Directly()).(*kernTable)
	var list []Command
	var unread []error
	for ; len(table) > 0; table = table[size:] {
		if ctx.Err() != nil {
			return list, errors.Join(append(unread, fmt.Errorf("cannot read the process table: %w", context.Cause(ctx)))...)
		}
		k := (*process.KinfoProc)(unsafe.Pointer(&table[0]))
		pid := int(k.Pid)
		if k.Ruid != user || k.Stat == process.SZOMB || pid == os.Getpid() {
			continue
		}
		text, err := rawProc("kern.proc.args", pid)
		switch {
		case errors.Is(err, unix.ESRCH):
			continue
		case err != nil:
			unread = append(unread, fmt.Errorf("cannot read process %d: sysctl kern.proc.args: %w", pid, err))
			continue
		}
		args := splitArgs(text[:min(len(text), mostArgs)])
		if len(args) == 0 || !is(args) {
			continue
		}
		p := Process{PID: pid}
		if err := t.place(&p, k.Jid); err != nil || p.Foreign || p.Denied {
			continue
		}
		start := int64(k.Start.Sec)*1e6 + int64(k.Start.Usec) // see times
		list = append(list, Command{pid, args, uint64(start), time.Since(time.UnixMicro(start))})
	}
	return list, errors.Join(unread...)
}

// rawProc tries again where there is more by now.
func rawProc(name string, args ...int) (buf []byte, err error) {
	for range listTries {
		if buf, err = unix.SysctlRaw(name, args...); !errors.Is(err, unix.ENOMEM) {
			break
		}
		time.Sleep(listPause)
	}
	return buf, err
}

func args(pid int) ([]string, error) {
	text, err := rawProc("kern.proc.args", pid)
	return splitArgs(text[:min(len(text), mostArgs)]), err
}

func isStopped(pid int) bool {
	k, err := readKinfo(pid)
	return err == nil && k.Stat == process.SSTOP
}
