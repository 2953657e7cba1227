package check

import (
	"path/filepath"
	"slices"
	"strings"

	"daemon-keeper/check/proctable"
)

// neighbour is a process as a person sees it who searches for a name: with its
// arguments and threads.
type neighbour struct {
	proctable.Process
	threads []proctable.Thread
}

// mostThreads bounds those that are looked at for their names.
const mostThreads = 200_000

// nearby reads all of a process that a person could search for.
func (l *looker) nearby(pid int) error {
	p, err := proctable.Look(l, pid, proctable.AsksAll(l.needsArgs))
	if err != nil {
		return err
	}
	if p.Taken&proctable.ArgsReading == 0 {
		if err := l.Read(&p, proctable.ArgsReading); err != nil {
			return err
		}
	}
	if !l.room.take(&p) {
		p.Args = nil
	}
	n := neighbour{Process: p}
	if l.seen < mostThreads {
		n.threads = l.Threads(pid)
		l.seen += len(n.threads)
	}
	l.snapshot.near = append(l.snapshot.near, n)
	return nil
}

// nearMisses are the processes that a person could take for the daemon, without
// those that are in the verdict already.
func nearMisses(s *Snapshot, spec *Spec, v Verdict) []Exclusion {
	if len(s.near) == 0 || !spec.named() {
		return nil
	}
	said := make(map[int]bool)
	for _, m := range v.Matches {
		said[m.PID] = true
	}
	for _, x := range v.Excluded {
		said[x.PID] = true
	}
	sought := s.sought(spec)
	var list []Exclusion
	for _, n := range s.near {
		if said[n.PID] || match(s, spec, &Match{Process: n.Process}) != unrelated { // it has become one since
			continue
		}
		if x := sought.near(n); x.Reason != unrelated {
			if s.Self.Is(&n.Process) {
				x.Reason, x.Threads = Own, nil
			}
			list = append(list, x)
		}
	}
	return list
}

// sought is what a person would search for.
type sought struct {
	paths, names []string
}

// sought is nothing for a rule that names nothing. A multi-call program is sought
// by its applet alone.
func (s *Snapshot) sought(spec *Spec) sought {
	var w sought
	if file := s.executable(spec); file.Path != "" {
		w.paths = append(w.paths, file.Path)
		if file.Applet == "" && file.Resolved != file.Path {
			w.paths = append(w.paths, file.Resolved)
		}
	}
	if spec.Called != "" { // the file is what it shares with others
		w.names = []string{spec.Called}
		return w
	}
	for _, path := range w.paths {
		w.names = append(w.names, filepath.Base(path))
	}
	return w
}

// near tells why a process that is not the daemon could be taken for it.
func (w sought) near(n neighbour) Exclusion {
	x := Exclusion{Process: n.Process}
	switch {
	case slices.Contains(w.names, filepath.Base(n.Exe)):
		x.Reason = OtherFile
	case w.isNameOf(n.Process):
		x.Reason = Namesake
	case slices.ContainsFunc(n.Args, w.isIn):
		x.Reason = Mention
	default:
		for _, t := range n.threads {
			if w.isComm(t.Name) {
				x.Reason, x.Threads = Thread, append(x.Threads, t.ID)
			}
		}
	}
	return x
}

// isNameOf reports whether the process calls itself so: to the kernel, by its first
// argument, or by a title.
func (w sought) isNameOf(p proctable.Process) bool {
	return w.isComm(p.Name) || len(p.Args) > 0 && slices.ContainsFunc(w.names, func(name string) bool { return isCalled(p.Args[0], name) })
}

func (w sought) isComm(comm string) bool {
	return slices.ContainsFunc(w.names, func(name string) bool { return proctable.IsComm(comm, name) })
}

// isIn reports whether an argument holds the path anywhere, or ends in the name, or a
// word of it does: of sh -c, one argument is a whole command.
func (w sought) isIn(arg string) bool {
	isNamed := func(word string) bool { return slices.Contains(w.names, filepath.Base(word)) }
	return isNamed(arg) || slices.ContainsFunc(strings.Fields(arg), isNamed) ||
		slices.ContainsFunc(w.paths, func(path string) bool { return strings.Contains(arg, path) })
}
