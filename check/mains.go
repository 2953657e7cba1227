package check

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"daemon-keeper/check/proctable"
)

// Guess is a service that says that it runs, whose manager knows none of its processes:
// what its init script says of them.
type Guess struct {
	Service string
	PIDs    []int    // from pidfiles, which may be old
	Daemons []string // paths of what the script calls its daemon, the best first
	Many    bool     // the script may start several daemons
	Doubt   string   // why it may not run at all: then only a pidfile tells; else ""
	// Speaks reports whether the script speaks of a program. A number from a pidfile may
	// have been given to another process since.
	Speaks func(program string) bool
}

// Mains are the main processes of such a service; mostly one.
type Mains struct {
	PIDs []int
	Why  string // there is no main process: the reason, for people
}

// MainsOf finds them in the process table: by the pidfiles; by the programs that the
// scripts call their daemons; by the service's name, which many a program or its folder
// has, too. What one service's pidfile names is not another one's.
//
// The error is that of a look.
func MainsOf(ctx context.Context, guesses []Guess) ([]Mains, error) {
	return inTime(ctx, processTable, func() ([]Mains, error) {
		f := proctable.NewFiles(proctable.UsualThreads)
		f.Begin()
		t := proctable.New(f)
		all, err := readKin(ctx, t)
		if err != nil {
			return nil, err
		}
		if err := all.readArgs(t, guesses); err != nil {
			return nil, err
		}
		return all.mains(guesses), nil
	})
}

// readArgs reads the rest of the processes of interpreters, whose scripts tell, and of
// those that a pidfile names.
func (k kin) readArgs(t proctable.Table, guesses []Guess) error {
	isNamed := func(pid int) bool {
		return slices.ContainsFunc(guesses, func(g Guess) bool { return slices.Contains(g.PIDs, pid) })
	}
	for pid, p := range k.rows {
		if !runsOthers(p.Exe) && !isNamed(pid) {
			continue
		}
		switch p, err := k.closely(t, pid); {
		case err == nil:
			k.rows[pid] = p
		case errors.Is(err, proctable.ErrGone), errors.Is(err, proctable.ErrNoExe):
			delete(k.rows, pid)
		default:
			return err
		}
	}
	return nil
}

func (k kin) mains(guesses []Guess) []Mains {
	list := make([]Mains, len(guesses))
	taken := make(map[int]bool)
	for i, g := range guesses {
		if list[i] = k.byPIDFile(g); len(list[i].PIDs) > 0 {
			taken[list[i].PIDs[0]] = true
		}
	}
	for i, g := range guesses {
		if len(list[i].PIDs) > 0 && !g.Many {
			continue
		}
		if len(list[i].PIDs) == 0 && g.Doubt != "" {
			list[i].Why = g.Doubt
			continue
		}
		found := k.byProgram(g, list[i].PIDs, taken)
		switch {
		case len(list[i].PIDs) > 0:
			list[i].PIDs = append(list[i].PIDs, found.PIDs...)
		case len(found.PIDs) > 0 || list[i].Why == "":
			list[i] = found
		}
	}
	return list
}

// byPIDFile takes the first process that a pidfile names and that may be the service's.
func (k kin) byPIDFile(g Guess) (found Mains) {
	for _, pid := range g.PIDs {
		p, ok := k.rows[pid]
		switch {
		case !ok || p.Zombie || p.Foreign:
		case p.Denied || g.mayRun(p):
			return Mains{PIDs: []int{pid}}
		case found.Why == "":
			found.Why = "its pidfile names a process of " + p.Exe + ", of which its script does not speak"
		}
	}
	return found
}

// mayRun reports whether a process may be the service's: the script speaks of what it
// executes, or what it executes or calls itself has the service's name.
func (g Guess) mayRun(p proctable.Process) bool {
	names := []string{p.Exe, p.Script}
	if len(p.Args) > 0 { // a title, such as "/usr/sbin/amavisd (master)"
		title, _, _ := strings.Cut(p.Args[0], " ")
		names = append(names, strings.TrimSuffix(title, ":"))
	}
	for _, name := range names {
		if name != "" && !runsOthers(name) && g.Speaks(name) || g.isNamed(name) {
			return true
		}
	}
	return slices.ContainsFunc(p.Args, func(arg string) bool { return runsOthers(p.Exe) && g.isNamed(arg) })
}

// isNamed reports whether an element of a path is the service's name, such as that of
// /usr/lib/postgresql/15/bin/postgres, or is but for its end: rabbitmq-server.
func (g Guess) isNamed(path string) bool {
	name := strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(g.Service, "-server"), "-daemon"), "0123456789.-")
	for element := range strings.SplitSeq(path, "/") {
		if len(name) > 2 && (element == name || element == g.Service) {
			return true
		}
	}
	return false
}

// byProgram looks for processes that execute one of the programs, or that have the
// service's name, and were not started by one that does. If a pidfile has named one
// already, only others of the same program and user are the service's.
func (k kin) byProgram(g Guess, known []int, taken map[int]bool) Mains {
	if len(known) > 0 {
		one := k.rows[known[0]]
		return Mains{PIDs: k.tops(taken, func(p proctable.Process) bool { return p.User == one.User && isSameProgram(p, one) })}
	}
	var rules []func(proctable.Process) bool
	for _, path := range g.Daemons {
		if e, err := Find(path); err == nil {
			rules = append(rules, func(p proctable.Process) bool {
				return !runsOthers(p.Exe) && p.File == e.ID && p.File != (proctable.FileID{}) || p.Script != "" && p.ScriptFile == e.ID
			})
		}
	}
	rules = append(rules,
		func(p proctable.Process) bool { return !runsOthers(p.Exe) && filepath.Base(p.Exe) == g.Service },
		func(p proctable.Process) bool { return g.isNamed(p.Exe) || g.isNamed(p.Script) })
	for _, rule := range rules {
		switch pids := k.tops(taken, rule); {
		case len(pids) == 1, len(pids) > 1 && g.Many && k.isOneProgram(pids):
			return Mains{PIDs: pids}
		case len(pids) > 1:
			return Mains{Why: fmt.Sprintf("it says that it runs, but not which one of %d processes that execute %s is its own", len(pids), k.rows[pids[0]].Exe)}
		}
	}
	return Mains{Why: "it says that it runs, and there is no pidfile that names its process, and none that executes what its script speaks of"}
}

// tops are the processes that comply, and that none of them has started. They have been
// left to init, or to what has started several of them.
func (k kin) tops(taken map[int]bool, is func(proctable.Process) bool) (pids []int) {
	for pid, p := range k.rows {
		if p.Zombie || p.Foreign || p.Denied || taken[pid] || !is(p) || k.isBelow(p.Parent, taken) {
			continue
		}
		if parent, ok := k.rows[p.Parent]; ok && is(parent) {
			continue
		}
		pids = append(pids, pid)
	}
	slices.Sort(pids)
	return pids
}

// isBelow reports whether a process descends from one of these, or is one.
func (k kin) isBelow(pid int, these map[int]bool) bool {
	const deepest = 32
	for range deepest {
		p, ok := k.rows[pid]
		if these[pid] {
			return true
		}
		if !ok || pid <= 1 {
			break
		}
		pid = p.Parent
	}
	return false
}

func isSameProgram(a, b proctable.Process) bool {
	return a.Exe == b.Exe && a.File == b.File && (!runsOthers(a.Exe) || a.ScriptFile == b.ScriptFile && a.Script != "")
}

func (k kin) isOneProgram(pids []int) bool {
	one := k.rows[pids[0]]
	return !slices.ContainsFunc(pids, func(pid int) bool { return !isSameProgram(k.rows[pid], one) || k.rows[pid].User != one.User })
}
