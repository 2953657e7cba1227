package check

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"daemon-keeper/check/proctable"
)

// kin is all processes, and who has started whom.
type kin struct {
	rows     map[int]proctable.Process
	children map[int][]int // without those that have exited
}

// readKin reads of each process no more than that.
func readKin(ctx context.Context, t proctable.Table) (kin, error) {
	pids, _, err := proctable.All(ctx, t)
	if err != nil {
		return kin{}, err
	}
	all := newKin()
	for _, pid := range pids {
		if ctx.Err() != nil {
			return kin{}, fmt.Errorf("cannot read the process table in time: %w", context.Cause(ctx))
		}
		p, err := proctable.Look(t, pid, proctable.AsksAll(func(proctable.Process) bool { return false }))
		switch {
		case err == nil:
			all.add(p)
		case errors.Is(err, proctable.ErrGone), errors.Is(err, proctable.ErrNoExe):
		default:
			return kin{}, err
		}
	}
	return all, nil
}

func newKin() kin { return kin{make(map[int]proctable.Process), make(map[int][]int)} }

func (k kin) add(p proctable.Process) {
	k.rows[p.PID] = p
	if !p.Zombie {
		k.children[p.Parent] = append(k.children[p.Parent], p.PID)
	}
}

// closely reads all of a process.
func (k kin) closely(t proctable.Table, pid int) (proctable.Process, error) {
	if _, known := k.rows[pid]; !known { // it has ended, or the number is a thread's
		return proctable.Process{}, proctable.ErrGone
	}
	return proctable.Look(t, pid, proctable.AsksAll(func(proctable.Process) bool { return true }))
}

// main finds a service's main process, where its manager does not know it: its
// other processes descend from that.
func (k kin) main(s Sought) (pid int, why string) {
	if s.Main > 0 {
		return s.Main, ""
	}
	var tops []int
	for _, pid := range s.Processes {
		if p, ok := k.rows[pid]; ok && !p.Zombie && !slices.Contains(s.Processes, p.Parent) {
			tops = append(tops, pid)
		}
	}
	switch len(tops) {
	case 0:
		return 0, "its manager knows no process of it"
	case 1:
		return tops[0], ""
	}
	return 0, fmt.Sprintf("it has %d processes that are not started by each other, and its manager does not say which is the main one", len(tops))
}

// behindWrapper follows from a program that only waits for another one to that.
func (k kin) behindWrapper(pid int) int {
	const deepest = 4
	for range deepest {
		if len(k.children[pid]) != 1 || !isWrapper(k.rows[pid].Exe) {
			break
		}
		pid = k.children[pid][0]
	}
	return pid
}

// isWrapper knows the programs that run another one and end with it: daemon(8) with
// -P or -r, and what runs a program as another user or as the first of a container.
func isWrapper(exe string) bool {
	switch filepath.Base(exe) {
	case "daemon":
		return exe == "/usr/sbin/daemon" || exe == "/usr/bin/daemon"
	case "runuser", "su", "sudo", "doas", "tini", "dumb-init", "catatonit":
		return true
	}
	return false
}

// family are a service's processes: those that its manager counts, and all that
// descend from them.
func (k kin) family(main int, processes []int) map[int]bool {
	members := make(map[int]bool, len(processes)+1)
	next := append([]int{main}, processes...)
	for len(next) > 0 {
		pid := next[0]
		next = next[1:]
		if pid > 1 && !members[pid] {
			members[pid] = true
			next = append(next, k.children[pid]...)
		}
	}
	return members
}
