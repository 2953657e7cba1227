package inspect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"daemon-keeper/check/proctable"

	"golang.org/x/sys/unix"
)

// Supported reports whether this system can be looked at.
const Supported = true

// ReadWorld looks at all processes. What has ended meanwhile is left out.
func ReadWorld(ctx context.Context) (*World, error) {
	rows, err := proctable.KInfos()
	if err != nil {
		return nil, fmt.Errorf("cannot read the process table: %w", err)
	}
	w := &World{procs: make(map[int]proc), held: make(map[string][]holding)}
	held := 0
	for _, p := range rows {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("cannot read the process table in time: %w", context.Cause(ctx))
		}
		w.procs[p.PID] = proc{
			name: p.Name, parent: p.Parent, group: p.Group, session: p.Session,
			user: p.Users[proctable.Effective], realUser: p.Users[proctable.Real], tasks: 1, // RLIMIT_NPROC is for processes, setrlimit(2)
		}
		files, err := filesOf(p.PID)
		for _, x := range files {
			if x.self != "" && held < mostHeld {
				w.held[x.self] = append(w.held[x.self], holding{p.PID, x.Number})
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
	rows, err := proctable.Sysctl("kern.proc.filedesc", pid)
	if err != nil {
		return nil, err
	}
	return parseKfiles(rows)
}
