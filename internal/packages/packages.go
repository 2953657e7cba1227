// Package packages reports whether a package manager is at work: a daemon that is down while its
// files are being replaced should not be restarted.
//
// It looks at the locks of package managers, but never takes one, not even for a moment: a package
// manager that found its lock taken would give up. It starts no process.
package packages

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"time"
)

// Work is a package manager at work.
type Work struct {
	Manager string // apt, dpkg, rpm…
	Lock    string // the file by which it was seen
	PID     int    // of the process that holds it; 0 if it is not known
}

func (w *Work) String() string {
	if w.PID == 0 {
		return fmt.Sprintf("%s is at work (%s is locked)", w.Manager, w.Lock)
	}
	return fmt.Sprintf("%s is at work (process %d holds %s)", w.Manager, w.PID, w.Lock)
}

// AtWork finds a package manager of this machine that is installing, removing or upgrading; nil if
// none is. If it cannot look at a lock, mostly because it lacks the right, it returns nil and an
// error. Root is "" for the machine itself.
func AtWork(root string) (*Work, error) {
	return atWork(root, locksOf(runtime.GOOS), time.Now())
}

// lock is one file that shows a package manager at work, and how.
type lock struct {
	manager string
	path    string
	how     func(path string, l lock, now time.Time) (held bool, pid int, err error)
	at, len int64 // bytes: the range of record locks; 0, 0: the whole file
}

// locksOf are the locks that a system's package managers hold while they change it. Locks that are
// held all the time are first.
func locksOf(system string) []lock {
	switch system {
	case "linux":
		return []lock{
			// dpkg(1) and apt. A program that runs dpkg several times holds the first all the time.
			{manager: "apt", path: "/var/lib/dpkg/lock-frontend", how: recordLock},
			{manager: "dpkg", path: "/var/lib/dpkg/lock", how: recordLock},
			// rpm, also as a part of dnf, yum and zypper: for a whole transaction, with its scripts.
			// The second path is that of Fedora and SUSE now.
			{manager: "rpm", path: "/var/lib/rpm/.rpm.lock", how: recordLock},
			{manager: "rpm", path: "/usr/lib/sysimage/rpm/.rpm.lock", how: recordLock},
			// libzypp runs rpm once for each package; its own lock is a process id in a file.
			{manager: "zypper", path: "/run/zypp.pid", how: pidFile},
			// apk-tools: since version 3 the second.
			{manager: "apk", path: "/lib/apk/db/lock", how: fileLock},
			{manager: "apk", path: "/run/apk/db.lock", how: fileLock},
			{manager: "pacman", path: "/var/lib/pacman/db.lck", how: lockFile},
		}
	case "freebsd":
		// pkg(8) has locks in a table of its database. But it also extracts a package and runs its
		// scripts within one transaction, which holds SQLite's locks.
		return []lock{
			{manager: "pkg", path: "/var/db/pkg/local.sqlite", how: recordLock, at: sqlitePending, len: sqliteLocks},
			{manager: "pkg", path: "/var/db/pkg/local.sqlite-shm", how: recordLock, at: sqliteWALWrite, len: 1},
		}
	}
	return nil
}

// SQLite's lock bytes, sqlite.org/lockingv3.html and sqlite.org/walformat.html: a writer has a write
// lock on PENDING, RESERVED or all of SHARED, or on the first byte after the header of the shared
// memory.
const (
	sqlitePending  = 0x40000000
	sqliteLocks    = 1 + 1 + 510
	sqliteWALWrite = 120
)

func atWork(root string, locks []lock, now time.Time) (*Work, error) {
	if len(locks) == 0 {
		return nil, errors.New("cannot tell whether a package manager is at work: none of this system's is known")
	}
	var unseen error
	for _, l := range locks {
		held, pid, err := l.how(root+l.path, l, now)
		switch {
		case held:
			return &Work{Manager: l.manager, Lock: l.path, PID: pid}, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			unseen = cmp.Or(unseen, fmt.Errorf("cannot tell whether %s is at work: %w", l.manager, err))
		}
	}
	return nil, unseen
}
