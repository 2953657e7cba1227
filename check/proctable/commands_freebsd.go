package proctable

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// commands reads the whole table at once, sysctl(3), and the arguments of the
// processes of this user one by one. The kernel keeps no more than
// kern.ps_arg_cache_limit of them, so no process's memory has to be locked.
func commands(ctx context.Context, user uint32, is func(args []string) bool) ([]Command, error) {
	rows, err := KInfos()
	if err != nil {
		return nil, fmt.Errorf("cannot list processes: %w", err)
	}
	t := New(Directly()).(*kernTable)
	var list []Command
	var unread []error
	for _, k := range rows {
		if ctx.Err() != nil {
			return list, errors.Join(append(unread, fmt.Errorf("cannot read the process table: %w", context.Cause(ctx)))...)
		}
		pid := k.PID
		if k.Users[Real] != user || k.State == kinfoZombie || pid == os.Getpid() {
			continue
		}
		text, err := Sysctl("kern.proc.args", pid)
		switch {
		case errors.Is(err, unix.ESRCH):
			continue
		case err != nil:
			unread = append(unread, fmt.Errorf("cannot read process %d: %w", pid, err))
			continue
		}
		args := splitArgs(text[:min(len(text), mostArgs)])
		if len(args) == 0 || !is(args) {
			continue
		}
		p := Process{PID: pid}
		if err := t.place(&p, k.Jail); err != nil || p.Foreign || p.Denied {
			continue
		}
		list = append(list, Command{pid, args, uint64(k.Start), time.Since(k.Started())})
	}
	return list, errors.Join(unread...)
}

func args(pid int) ([]string, error) {
	text, err := Sysctl("kern.proc.args", pid)
	return splitArgs(text[:min(len(text), mostArgs)]), err
}

func isStopped(pid int) bool {
	k, err := ProcessKInfo(pid)
	return err == nil && k.State == kinfoStopped
}
