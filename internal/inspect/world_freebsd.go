package inspect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Supported reports whether this system can be looked at.
const Supported = true

// The kernel sizes an answer for what there was a moment before: then ENOMEM.
const (
	sysctlTries = 10
	sysctlPause = 5 * time.Millisecond
)

func sysctl(name string, args ...int) (b []byte, err error) {
	for range sysctlTries {
		if b, err = unix.SysctlRaw(name, args...); !errors.Is(err, unix.ENOMEM) && !errors.Is(err, unix.EBUSY) {
			break
		}
		time.Sleep(sysctlPause)
	}
	if err != nil {
		return nil, fmt.Errorf("sysctl %s: %w", name, err)
	}
	return b, nil
}

// ReadWorld looks at all processes. What has ended meanwhile is left out.
func ReadWorld(ctx context.Context) (*World, error) {
	table, err := sysctl("kern.proc.proc")
	if err != nil {
		return nil, fmt.Errorf("cannot read the process table: %w", err)
	}
	rows, err := parseKprocs(table)
	if err != nil {
		return nil, fmt.Errorf("cannot read the process table: %w", err)
	}
	w := &World{procs: make(map[int]proc), held: make(map[string][]holding)}
	held := 0
	for _, p := range rows {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("cannot read the process table in time: %w", context.Cause(ctx))
		}
		w.procs[p.pid] = proc{
			name: p.name, parent: p.parent, group: p.group, session: p.session,
			user: p.ids.user(), realUser: p.ids.Users[realID], tasks: 1, // RLIMIT_NPROC is for processes, setrlimit(2)
		}
		files, err := filesOf(p.pid)
		for _, x := range files {
			if x.self != "" && held < mostHeld {
				w.held[x.self] = append(w.held[x.self], holding{p.pid, x.Number})
				held++
			}
		}
		switch {
		case held >= mostHeld:
			w.blind = "more is open on this machine than is looked at"
		case err != nil && !errors.Is(err, unix.ESRCH):
			w.blind = "what other processes have open may not be looked at: " + strings.TrimPrefix(err.Error(), "sysctl kern.proc.filedesc: ")
		}
	}
	return w, nil
}

func filesOf(pid int) ([]kfile, error) {
	rows, err := sysctl("kern.proc.filedesc", pid)
	if err != nil {
		return nil, err
	}
	return parseKfiles(rows)
}
