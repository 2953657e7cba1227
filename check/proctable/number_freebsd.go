package proctable

import (
	"errors"
	"os"
	"time"

	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// OwnerOf: a number above PID_MAX is a thread's, for which kern.proc.pid answers
// with its process.
func OwnerOf(number int) Owner {
	switch k, err := kinfoOf(number); {
	case errors.Is(err, ErrGone):
		return Owner{Known: true}
	case err != nil:
		return Owner{}
	default:
		return Owner{Known: true, PID: k.PID, Name: k.Name, Zombie: k.State == kinfoZombie}
	}
}

// LockOf asks with F_GETLK, fcntl(2). It also knows those of
// flock(2), which pidfile_open(3) takes: there is one list for both, in which such
// a lock has -1 in place of its owner (lf_advlockasync and lf_getlock in
// sys/kern/kern_lockf.c).
func LockOf(path string, _ FileID, _ string, _ []int) Lock {
	f, err := osutil.OpenRegular(path, osutil.NoFollow)
	if err != nil {
		return Lock{}
	}
	defer f.Close()
	holders, known := recordLock(f)
	return Lock{Known: known, Holders: holders}
}

// SeenBy is a path as the process itself sees it.
func SeenBy(pid int, path string) string { return seenFrom(pid, path) }

// StartTime is the time of day of a start, see Usage.Start; zero if there is none.
func StartTime(start uint64, _ time.Time, _ time.Duration) time.Time {
	if start == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(start))
}

// ReadLocks has no list: the kernel tells of one file at a time.
func ReadLocks() Locks { return nil }

// Holders are who has locked a file: also with flock(2), see LockOf.
func (Locks) Holders(f *os.File, _ *unix.Stat_t, _ string) (holders []int, known bool) {
	return recordLock(f)
}
