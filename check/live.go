package check

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"daemon-keeper/check/proctable"
)

// Live answers questions about single processes of this machine. They cost more than
// a look reads of a process, and only a suspicion is worth them.
type Live struct{}

// Read reads all of a process, its age and its unit; runs is false if there is none.
func (Live) Read(pid int) (p proctable.Process, runs bool, err error) {
	return proctable.ReadAll(proctable.New(proctable.Directly()), pid)
}

// PIDFile is the process that a pidfile names, 0 if none, and whether that runs. Known is
// false if that cannot be told.
func (Live) PIDFile(path string) (pid int, runs, known bool) {
	r := readPIDFile(proctable.Directly(), PIDFile{Path: path}, nil)
	return r.Number, r.owner.PID == r.Number && !r.owner.Zombie, r.Number > 0 && r.owner.Known
}

// Listens reports whether a process has a socket open that waits for connections.
func (Live) Listens(pid int) (bool, error) {
	list, err := proctable.Sockets([]int{pid})
	return len(list) > 0, err
}

// Leads finds the processes that were started by the path of a program though they
// execute something else: the path may have moved since. They meet all other criteria.
// Anybody can make up the first argument of a process, and what is seen from another
// root is not a path of ours, so only root's and the wanted user's are believed, and only
// from our own root.
func (Live) Leads(ctx context.Context, spec Spec) ([]proctable.Process, error) {
	return leads(ctx, proctable.New(proctable.Directly()), spec, hasOurRoot)
}

func leads(ctx context.Context, t proctable.Table, spec Spec, ownRoot func(pid int) bool) ([]proctable.Process, error) {
	if spec.Executable == "" {
		return nil, nil
	}
	pids, err := t.PIDs(ctx)
	if err != nil {
		return nil, err
	}
	self := t.Self()
	none := func(proctable.Process) bool { return false }
	believed := func(p proctable.Process) bool { // asked before the arguments are read, which can take as long as their owner likes
		return p.IsOf(0) || spec.User != nil && p.IsOf(*spec.User)
	}
	var list []proctable.Process
	for _, pid := range pids {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("cannot read the process table in time: %w", context.Cause(ctx))
		}
		started, err := proctable.Look(t, pid, proctable.Asks{Row: believed, Origin: none, Args: none})
		if err == nil && started.Taken&proctable.ArgsReading == 0 {
			err = t.Read(&started, proctable.ArgsReading)
		}
		if err != nil || !isThrough(started.Args, spec.Executable) {
			continue
		}
		p, runs, err := proctable.ReadAll(t, pid)
		if err != nil || !runs || p.Foreign || p.Denied || self.Is(&p) || !believed(p) {
			continue
		}
		p.Args = started.Args
		if meetsCheap(&spec, &p) == counts && meetsCostly(&spec, &p) == counts && ownRoot(pid) && mayHaveMoved(p, spec.Executable) {
			list = append(list, p)
		}
	}
	return list, nil
}

// hasOurRoot reports whether a path leads a process to where it leads us. A root may also
// be mounted a second time.
func hasOurRoot(pid int) bool {
	root := proctable.SeenBy(pid, "/")
	target, err := os.Readlink(strings.TrimSuffix(root, "/"))
	return proctable.FileIDAt(root) == proctable.FileIDAt("/") && (err != nil || target == "/")
}

// mayHaveMoved reports whether what a process executes can once have been at this path.
// A link, a folder or the file itself has moved since, so one of the file's name and its
// folder is as it was, but not both: what is at the very path for the process, and
// another file for us, is another's, in a mount namespace of its own. What only calls
// itself by the path executes something else altogether. A script is told by its path.
func mayHaveMoved(p proctable.Process, path string) bool {
	if p.Exe == "" || p.Script != "" && filepath.Base(p.Script) == filepath.Base(path) {
		return true
	}
	path, _ = newest(path) // if nothing matches now, any version may have been there
	paths := []string{path}
	if resolved, err := filepath.EvalSymlinks(path); err == nil && resolved != path {
		paths = append(paths, resolved)
	}
	return slices.ContainsFunc(paths, func(path string) bool {
		return filepath.Base(p.Exe) == filepath.Base(path) || filepath.Dir(p.Exe) == filepath.Dir(path)
	}) && !slices.Contains(paths, p.Exe)
}

// isThrough reports whether arguments are those of a process that was started by this
// path: it is the first, or in the title that the process has made of it, or the script
// that an interpreter runs.
func isThrough(args []string, path string) bool {
	if len(args) == 0 {
		return false
	}
	isPath := func(arg string) bool {
		return leadsTo(path, arg) || filepath.IsAbs(arg) && leadsTo(path, filepath.Clean(arg))
	}
	if isPath(args[0]) || slices.ContainsFunc(strings.Fields(args[0]), isPath) {
		return true
	}
	return runsOthers(args[0]) && isPath(proctable.ScriptArg(args, isPath))
}
