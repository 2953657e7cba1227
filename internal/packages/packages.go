// Package packages reports whether a package manager is at work: a daemon that is down
// while its files are being replaced should be left to those who replace them.
//
// It asks for their locks and never takes one, not even for a moment: a package
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
	PID     int    // who holds it; 0 if nobody can tell
}

func (w *Work) String() string {
	if w.PID == 0 {
		return fmt.Sprintf("%s is at work (%s is locked)", w.Manager, w.Lock)
	}
	return fmt.Sprintf("%s is at work (process %d holds %s)", w.Manager, w.PID, w.Lock)
}

// AtWork finds a package manager of this machine that is installing, removing or
// upgrading; nil if none is. What it cannot see, for want of a right mostly, is an
// error, which comes with nil. Root is "" for the machine itself.
func AtWork(root string) (*Work, error) {
	return atWork(root, locksOf(runtime.GOOS), time.Now())
}

// lock is one file that shows a package manager at work, and how.
type lock struct {
	manager string
	path    string
	how     func(path string, l lock, now time.Time) (held bool, pid int, err error)
	at, len int64 // of record locks; 0, 0: the whole file
}

// locksOf are the locks that a system's package managers hold while they change it,
// those first that are held throughout.
func locksOf(system string) []lock {
	switch system {
	case "linux":
		return []lock{
			// dpkg(1) and apt. Whoever runs dpkg several times holds the first throughout.
			{manager: "apt", path: "/var/lib/dpkg/lock-frontend", how: recordLock},
			{manager: "dpkg", path: "/var/lib/dpkg/lock", how: recordLock},
			// rpm, and so dnf, yum and zypper: all of a transaction, with its scripts. The
			// second is where Fedora and SUSE keep it now.
			{manager: "rpm", path: "/var/lib/rpm/.rpm.lock", how: recordLock},
			{manager: "rpm", path: "/usr/lib/sysimage/rpm/.rpm.lock", how: recordLock},
			// libzypp runs rpm anew for each package; its own lock is a number in a file.
			{manager: "zypper", path: "/run/zypp.pid", how: pidFile},
			// apk-tools: since version 3 the second.
			{manager: "apk", path: "/lib/apk/db/lock", how: fileLock},
			{manager: "apk", path: "/run/apk/db.lock", how: fileLock},
			{manager: "pacman", path: "/var/lib/pacman/db.lck", how: lockFile},
		}
	case "freebsd":
		// pkg(8) counts its users in a table, but it also registers a package in one
		// transaction around its extraction and its scripts: that holds SQLite's locks.
		return []lock{
			{manager: "pkg", path: "/var/db/pkg/local.sqlite", how: recordLock, at: sqlitePending, len: sqliteLocks},
			{manager: "pkg", path: "/var/db/pkg/local.sqlite-shm", how: recordLock, at: sqliteWALWrite, len: 1},
		}
	}
	return nil
}

// SQLite's lock bytes, sqlite.org/lockingv3.html and sqlite.org/walformat.html:
// a writer has a write lock on PENDING, RESERVED or all of SHARED, or on the first of
// the bytes that follow the header of the shared memory.
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
