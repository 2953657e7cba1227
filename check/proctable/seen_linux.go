package proctable

import (
	"errors"
	"io"
	"os"
)

// seenBy looks at a file by the path that a process has for it. Whose process it is has
// chosen the path, and what it leads to.
func (f *Files) seenBy(t procTable, p *Process, dir, arg string) (id FileID, isRegular bool, err error) {
	path := seenFrom(dir, arg)
	status, err := wait(f.stalls, p.Payer(), path, func() (status peekStatus, err error) {
		switch isServed, err := f.leadsFor(t, dir, arg); {
		case IsEnded(err):
			return status, nil
		case err != nil:
			return status, err
		case isServed:
			err = f.Ask(peekStat, path, &status)
			return status, err
		}
		return PeekStat(path), nil
	})
	if err == nil && status.Error != "" {
		err = errors.New(status.Error)
	}
	return status.File, status.IsRegular, err
}

// leadsFor reports whether a path of a process leads to a file system that others serve.
func (f *Files) leadsFor(t procTable, dir, arg string) (bool, error) {
	if f.peeks == nil {
		return false, nil
	}
	theirs, err := os.Readlink(dir + "/ns/mnt")
	if err != nil {
		return false, err
	}
	ours, err := os.Readlink(t.root + "/self/ns/mnt")
	if err != nil {
		return false, err
	}
	if theirs != ours {
		points, err := f.pointsOf(theirs, dir)
		return len(points) > 0, err // where exactly does not matter
	}
	served := f.served()
	if len(served) == 0 {
		return false, nil
	}
	from := dir + "/cwd"
	if arg[0] == '/' {
		from = dir + "/root"
	}
	base, err := os.Readlink(from)
	if err != nil {
		return false, err
	}
	return served.lead(base + "/" + arg), nil
}

// pointsOf reads the mount points of another mount namespace, once in a look.
func (f *Files) pointsOf(space, dir string) (mountPoints, error) {
	f.mu.Lock()
	points, known := f.spaces[space]
	f.mu.Unlock()
	if known {
		return points, nil
	}
	table, err := os.Open(dir + "/mountinfo")
	if err != nil {
		return nil, err
	}
	defer table.Close()
	limited := &io.LimitedReader{R: table, N: mountsLimit}
	if points, err = parseMounts(limited); err != nil {
		return nil, err
	}
	if limited.N <= 0 {
		return nil, errTooMany
	}
	f.mu.Lock()
	f.spaces[space] = points
	f.mu.Unlock()
	return points, nil
}

// errTooMany: it has more mounts than are read.
var errTooMany = errors.New("its mount table is longer than what is read of it")
