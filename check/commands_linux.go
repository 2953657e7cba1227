package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"
)

func commands(ctx context.Context, user uint32, is func(args []string) bool) ([]Command, error) {
	return newProcTable("/proc", directly()).commands(ctx, user, is)
}

func (t procTable) commands(ctx context.Context, user uint32, is func(args []string) bool) ([]Command, error) {
	pids, err := t.pids(ctx)
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
		case err != nil && !errors.Is(err, errGone):
			unread = append(unread, fmt.Errorf("cannot read process %d: %w", pid, err))
		}
	}
	return list, errors.Join(unread...)
}

// command reads what is cheap first. The owner of a process' folder is its effective
// user, or root for what ordinary users may not look into, proc_pid(5): so the real
// user is asked for as well, of what is wanted.
func (t procTable) command(ctx context.Context, pid int, user uint32, is func(args []string) bool) (c Command, wanted bool, err error) {
	dir := t.dir(pid)
	if pid == os.Getpid() {
		return c, false, nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return c, false, goneOr(err)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || owner.Uid != user {
		return c, false, nil
	}
	text, err := readExecuted(ctx, dir)
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
	spent, err := t.times(pid)
	if err != nil {
		return c, false, err
	}
	return Command{pid, args, spent.start, sinceBoot() - time.Duration(spent.start)*tick}, true, nil
}

// readExecuted reads the arguments. For a moment in execve(2) a process has none yet,
// though it has a program: unlike a zombie or a kernel thread, which never have.
func readExecuted(ctx context.Context, dir string) ([]byte, error) {
	for end := time.Now().Add(argsTime); ; time.Sleep(time.Millisecond) {
		text, err := readWithin(ctx, dir+"/cmdline")
		if err != nil || len(text) > 0 || ctx.Err() != nil || time.Now().After(end) {
			return text, err
		}
		if _, err := os.Readlink(dir + "/exe"); err != nil {
			return nil, nil
		}
	}
}

// runsHereAs reports whether a process of this real user runs in our PID namespace.
func (t procTable) runsHereAs(pid int, user uint32) (bool, error) {
	text, err := os.ReadFile(t.dir(pid) + "/status")
	if err != nil {
		return false, err
	}
	st, err := parseStatus(text)
	if err != nil {
		return false, err
	}
	real, err := realUser(text)
	if err != nil || real != user || st.state == 'Z' && st.threads < 2 || st.namespaces > 1 {
		return false, err
	}
	if st.namespaces == 1 {
		return true, nil
	}
	return t.sharesNamespace(t.dir(pid), "pid")
}

// realUser is the first of the ids in /proc/PID/status, proc_pid_status(5).
func realUser(status []byte) (uint32, error) {
	for line := range bytes.Lines(status) {
		if ids, ok := bytes.CutPrefix(line, []byte("Uid:\t")); ok {
			first, _, _ := bytes.Cut(ids, []byte("\t"))
			id, err := strconv.ParseUint(string(first), 10, 32)
			return uint32(id), err
		}
	}
	return 0, errors.New("its status names no user")
}

func goneOr(err error) error {
	if err != nil && isEnded(err) {
		return errGone
	}
	return err
}

// readWithin reads the beginning of a file of a process, and gives up where that
// takes too long; what hangs is left behind.
func readWithin(ctx context.Context, path string) ([]byte, error) {
	type answer struct {
		text []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		f, err := os.Open(path)
		if err != nil {
			answers <- answer{nil, err}
			return
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, mostArgs))
		answers <- answer{text, err}
	}()
	ctx, cancel := context.WithTimeout(ctx, argsTime)
	defer cancel()
	select {
	case a := <-answers:
		return a.text, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("cannot read %s: %w", path, ctx.Err())
	}
}

func args(pid int) ([]string, error) {
	text, err := readWithin(context.Background(), newProcTable("/proc", directly()).dir(pid)+"/cmdline")
	return splitArgs(text), err
}

func isStopped(pid int) bool {
	text, err := os.ReadFile(newProcTable("/proc", directly()).dir(pid) + "/status")
	if err != nil {
		return false
	}
	st, err := parseStatus(text)
	return err == nil && (st.state == 'T' || st.state == 't')
}
