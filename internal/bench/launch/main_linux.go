// Launch runs one command and writes what it cost to descriptor 3: wall ns,
// user+system CPU ns, peak memory in KiB, and the exit status (-1: a signal).
//
// It stands between the benchmark and the command because Linux folds the
// caller's own peak into a vfork'ed child's ru_maxrss at execve (exec_mmap in
// fs/exec.c): started from the benchmark, every command would seem to need at
// least the benchmark's memory. Launch is smaller than any Go program that it
// starts, so it must not import fmt or os/exec.
//
// The command comes on standard input, its words ended by NUL, not as
// arguments: there "pgrep -f" would find the path in launch's own.
package main

import (
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The parent-death signal is sent when the parent's thread ends, so the child
// has to be started from the one thread that lives as long as we do.
func init() { runtime.LockOSThread() }

func main() {
	in, err := io.ReadAll(os.Stdin)
	words := strings.Split(strings.TrimSuffix(string(in), "\x00"), "\x00")
	if err != nil {
		fail("cannot read the command", err)
	}
	syscall.CloseOnExec(3)

	attr := &syscall.ProcAttr{
		Env:   syscall.Environ(),
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	}
	start := time.Now()
	pid, err := syscall.ForkExec(words[0], words, attr)
	if err != nil {
		fail("cannot start "+words[0], err)
	}
	var (
		status syscall.WaitStatus
		usage  syscall.Rusage // of the child and of all children that it waited for
	)
	for {
		if _, err = syscall.Wait4(pid, &status, 0, &usage); err != syscall.EINTR {
			break
		}
	}
	wall := time.Since(start)
	if err != nil {
		fail("cannot wait for "+words[0], err)
	}
	line := strconv.FormatInt(int64(wall), 10) +
		" " + strconv.FormatInt(usage.Utime.Nano()+usage.Stime.Nano(), 10) +
		" " + strconv.FormatInt(int64(usage.Maxrss), 10) +
		" " + strconv.Itoa(status.ExitStatus()) + "\n"
	if _, err := syscall.Write(3, []byte(line)); err != nil {
		fail("cannot write the figures", err)
	}
}

func fail(what string, err error) {
	os.Stderr.WriteString(what + ": " + err.Error() + "\n")
	os.Exit(3)
}
