package check

import (
	"path/filepath"
	"slices"

	"daemon-keeper/check/proctable"
)

// needsArgs reports whether the arguments of a process decide what it is: it
// executes the interpreter of a wanted script, or a wanted multi-call program.
func (l *looker) needsArgs(p proctable.Process) bool {
	if p.Foreign && !l.full {
		return false // a process of another namespace never counts, whatever it runs
	}
	for _, i := range l.interpreters {
		if i.identify(new(Spec), &Match{Process: p}) != unrelated {
			return true
		}
	}
	return l.multiCall[p.File] || p.Deleted && len(l.multiCall) > 0 || l.telling[p.PID]
}

// asks is what these targets want to know of a process. Without Full, a process that cannot
// count for any of them because of its user is not read; with Full, the verdict says why.
func (l *looker) asks(targets []*target) proctable.Asks {
	return proctable.Asks{
		Row: func(p proctable.Process) bool {
			return l.full || slices.ContainsFunc(targets, func(t *target) bool { return meetsCheap(&t.Spec, &p) == counts })
		},
		Origin: func(p proctable.Process) bool { return l.needsOrigin(p, targets) },
		Args:   l.needsArgs,
	}
}

// needsOrigin reports whether it matters where a deleted executable is from: it has the
// path of a wanted one, or may be another version of an interpreter, and could count.
func (l *looker) needsOrigin(p proctable.Process, targets []*target) bool {
	could := p.OwnUserNS || p.IsOf(0) || slices.ContainsFunc(targets, func(t *target) bool { return t.User != nil && p.IsOf(*t.User) })
	return could && (l.origins[p.Exe] || slices.ContainsFunc(l.interpreters, func(i *Interpreter) bool {
		return p.Exe == i.Resolved || isVersionOf(filepath.Base(p.Exe), i.stem())
	}))
}
