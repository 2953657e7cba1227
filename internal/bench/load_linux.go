package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// load is the processes that fill the table. They are copies of sleep(1), the
// cheapest process that every machine can make: about 0.2 MiB and 0.8 ms each.
type load struct {
	idlePath string
	toyPaths []string // of the daemons that are looked for
	args     []string // after the path
	null     *os.File
	idle     []int // PIDs, all ours and not yet reaped, so none can be another's
	toys     []int // PIDs of the daemons, which have the last of toyPaths
}

// newLoad puts the programs into dir. Their command lines are pad bytes longer
// than they have to be: what ps, grep and pgrep cost depends on it.
func newLoad(dir string, pad int) (*load, error) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		return nil, fmt.Errorf("cannot find a program to fill the table with: %w", err)
	}
	program, err := os.ReadFile(sleep)
	if err != nil {
		return nil, fmt.Errorf("cannot copy sleep: %w", err)
	}
	l := &load{idlePath: filepath.Join(dir, "idle")}
	for i := range mostDaemons {
		l.toyPaths = append(l.toyPaths, filepath.Join(dir, fmt.Sprintf("toy%03d", i+1))) // none is the beginning of another
	}
	l.args = []string{"infinity"}
	if pad > 0 {
		l.args = append(l.args, strings.Repeat("0", pad)) // sleep(1) adds them up
	}
	for _, path := range append([]string{l.idlePath}, l.toyPaths...) {
		if err := os.WriteFile(path, program, 0o755); err != nil {
			return nil, fmt.Errorf("cannot copy sleep: %w", err)
		}
	}
	if l.null, err = os.OpenFile(os.DevNull, os.O_RDWR, 0); err != nil {
		return nil, fmt.Errorf("cannot open the null device: %w", err)
	}
	return l, nil
}

// grow fills the table up to about size processes, the toys last, so that an
// early end of the search helps nobody. It returns the size of the table.
func (l *load) grow(ctx context.Context, size int) (int, error) {
	daemons := daemonsAt(size)
	for range 3 {
		l.endToys()
		pids, err := table()
		if err != nil {
			return 0, err
		}
		missing := max(size-len(pids)-daemons, 0)
		if err := checkRoom(missing + daemons); err != nil {
			return 0, err
		}
		for range missing {
			if err := l.startIdle(ctx); err != nil {
				return 0, err
			}
		}
		for _, path := range last(l.toyPaths, daemons) {
			pid, err := l.start(path)
			if err != nil {
				return 0, err
			}
			l.toys = append(l.toys, pid)
		}
		if slices.IsSorted(l.toys) && l.endAbove(l.toys[0]) == 0 {
			pids, err := table()
			return len(pids), err
		}
	}
	return 0, fmt.Errorf("cannot make the daemons the last in the table: PIDs wrap around too fast")
}

func (l *load) startIdle(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	pid, err := l.start(l.idlePath)
	if err == nil {
		l.idle = append(l.idle, pid)
	}
	return err
}

// start starts one program that sleeps. The kernel kills it when the thread
// that called us ends: even kill -9 of the benchmark leaves none behind.
//
// os.StartProcess would hold one descriptor (a pidfd) for each.
func (l *load) start(path string) (int, error) {
	null := l.null.Fd()
	pid, err := syscall.ForkExec(path, append([]string{path}, l.args...), &syscall.ProcAttr{
		Env:   []string{},
		Files: []uintptr{null, null, null},
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return 0, fmt.Errorf("cannot start %s beside %d others: %w", path, len(l.idle), err)
	}
	return pid, nil
}

// endAbove ends the idle processes with higher PIDs than that, which are there
// if the PIDs have wrapped around, and returns how many they were.
func (l *load) endAbove(pid int) int {
	var above []int
	l.idle = slices.DeleteFunc(l.idle, func(p int) bool {
		if p > pid {
			above = append(above, p)
		}
		return p > pid
	})
	l.end(above...)
	return len(above)
}

// stop ends all that was started.
func (l *load) stop() {
	l.endToys()
	l.end(l.idle...)
	l.idle = nil
}

func (l *load) endToys() {
	l.end(l.toys...)
	l.toys = nil
}

// end kills processes and waits for their end.
func (l *load) end(pids ...int) {
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	for _, pid := range pids {
		for {
			if _, err := syscall.Wait4(pid, nil, 0, nil); err != syscall.EINTR {
				break
			}
		}
	}
}

// table returns the PIDs of the process table.
func table() ([]int, error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("cannot read the process table: %w", err)
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("cannot read the process table: %w", err)
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
