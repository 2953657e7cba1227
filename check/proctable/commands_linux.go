package proctable

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
)

func commands(ctx context.Context, user uint32, is func(args []string) bool) ([]Command, error) {
	return At("/proc", Directly()).commands(ctx, user, is)
}

func (t procTable) commands(ctx context.Context, user uint32, is func(args []string) bool) ([]Command, error) {
	pids, err := t.PIDs(ctx)
	if err != nil {
		return nil, err
	}
	var list []Command
	var unread []error
	for _, pid := range pids {
		if ctx.Err() != nil {
			return list, errors.Join(append(unread, fmt.Errorf("cannot read the process table: %w", context.Cause(ctx)))...)
		}
		c, wanted, err := t.command(ctx, pid, user, is)
		switch {
		case wanted:
			list = append(list, c)
		case err != nil && !errors.Is(err, ErrGone):
			unread = append(unread, fmt.Errorf("cannot read process %d: %w", pid, err))
		}
	}
	return list, errors.Join(unread...)
}

// command reads what is cheap first. The owner of a process' folder is its effective
// user, or root for what ordinary users may not look into, proc_pid(5): so the real
// user is checked as well, but only of a wanted command.
func (t procTable) command(ctx context.Context, pid int, user uint32, is func(args []string) bool) (c Command, wanted bool, err error) {
	if pid == os.Getpid() {
		return c, false, nil
	}
	info, err := os.Stat(t.dir(pid))
	if err != nil {
		return c, false, goneOr(err)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || owner.Uid != user {
		return c, false, nil
	}
	text, err := t.readExecuted(ctx, pid, user)
	if err != nil {
		return c, false, goneOr(err)
	}
	args := splitArgs(text)
	if len(args) == 0 || !is(args) {
		return c, false, nil
	}
	if ours, err := t.runsHereAs(pid, user); err != nil || !ours {
		return c, false, goneOr(err)
	}
	st, err := t.stat(pid, nil)
	if err != nil {
		return c, false, err
	}
	up, err := osutil.Uptime()
	return Command{pid, args, uint64(st.Start / tick), up - st.Start}, err == nil, err
}

// execTime is how long to wait for a process to execute its program.
const execTime = time.Second

var errExecuting = errors.New("it is about to execute a program")

// readExecuted reads the arguments. During execve(2) a process has a program but no arguments
// yet, unlike a zombie or a kernel thread, which have neither. On a busy machine this may last.
// It is errExecuting then: the process may be the wanted one. A process that has wiped out its
// arguments never has any. A process that executes one program after another may be seen
// during execve more than once.
func (t procTable) readExecuted(ctx context.Context, pid int, user uint32) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, execTime)
	defer cancel()
	const sure = 3
	for wiped := 0; ; {
		text, err := t.beginning(pid, user)
		if err != nil || len(text) > 0 || wiped == sure {
			return text, err
		}
		if _, err := os.Readlink(t.dir(pid) + "/exe"); err != nil {
			return nil, nil
		}
		st, err := t.stat(pid, nil)
		if err != nil {
			return nil, err
		}
		if st.HasArgs {
			wiped++
			continue // it may have got some since, so they are read again
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return nil, errExecuting
		}
	}
}

// runsHereAs reports whether a process of this real user runs in our PID namespace.
func (t procTable) runsHereAs(pid int, user uint32) (bool, error) {
	st, err := t.readStatus(pid, nil)
	if err != nil || st.Users[Real] != user || st.isZombie() || st.Namespaces > 1 {
		return false, err
	}
	if st.Namespaces == 1 {
		return true, nil
	}
	return t.sharesNamespace(t.dir(pid), "pid")
}

func goneOr(err error) error {
	if err != nil && IsEnded(err) {
		return ErrGone
	}
	return err
}

// beginning reads as much of a process's arguments as a command is known by. A call that
// takes too long is left behind.
func (t procTable) beginning(pid int, user uint32) ([]byte, error) {
	path := t.dir(pid) + "/cmdline"
	return wait(t.files.stalls, user, path, func() ([]byte, error) { return readProc(path, nil, mostArgs) })
}

func args(pid int) ([]string, error) {
	text, err := At("/proc", Directly()).beginning(pid, 0)
	return splitArgs(text), err
}

func isStopped(pid int) bool {
	st, err := procTable{root: "/proc"}.readStatus(pid, nil)
	return err == nil && st.isStopped()
}

// isZombie reports whether all of a process has ended: the leader of threads that live on
// looks like a zombie, too.
func (st Status) isZombie() bool { return st.State == 'Z' && st.Threads < 2 }

// isStopped reports whether a signal or a debugger has stopped it.
func (st Status) isStopped() bool { return st.State == 'T' || st.State == 't' }
