package proctable

import (
	"bytes"
	"iter"
	"strconv"
)

// FileLock is a row of /proc/locks, proc_locks(5).
type FileLock struct {
	Kind         string // FLOCK, POSIX, OFDLCK
	IsWrite      bool   // it excludes all others
	PID          int    // the process that has taken it; 0 or less: it is in another PID namespace, or the lock has no process
	Major, Minor uint32 // the device that the file is on
	Inode        uint64
}

// MostLockText bounds what is read of /proc/locks, in bytes: a user may take as many locks as
// they like.
const MostLockText = 8 << 20

// ParseLocks reads /proc/locks:
//
//	1: POSIX  ADVISORY  WRITE 684 00:1a:1234 0 EOF
//	1: -> POSIX  ADVISORY  WRITE 700 00:1a:1234 0 EOF
//	2: FLOCK  ADVISORY  WRITE 731 fe:00:99 0 EOF
//
// One behind an arrow is only waited for. A lease is not a lock. An OFD lock has -1 for its
// process, for it belongs to the open file.
func ParseLocks(text []byte) iter.Seq[FileLock] {
	return func(yield func(FileLock) bool) {
		for line := range bytes.Lines(text) {
			if l, ok := parseLock(bytes.Fields(line)); ok && !yield(l) {
				return
			}
		}
	}
}

func parseLock(fields [][]byte) (l FileLock, ok bool) {
	const kind, access, pid, file, all = 1, 3, 4, 5, 8
	if len(fields) != all {
		return FileLock{}, false
	}
	switch l.Kind = string(fields[kind]); l.Kind {
	case "POSIX", "FLOCK", "OFDLCK":
	default:
		return FileLock{}, false
	}
	device := bytes.Split(fields[file], []byte(":")) // the first two in hexadecimal
	if len(device) != 3 {
		return FileLock{}, false
	}
	number, err := strconv.ParseInt(string(fields[pid]), 10, 32)
	major, err1 := strconv.ParseUint(string(device[0]), 16, 32)
	minor, err2 := strconv.ParseUint(string(device[1]), 16, 32)
	inode, err3 := strconv.ParseUint(string(device[2]), 10, 64)
	l.IsWrite, l.PID, l.Major, l.Minor, l.Inode = string(fields[access]) == "WRITE", int(number), uint32(major), uint32(minor), inode
	return l, err == nil && err1 == nil && err2 == nil && err3 == nil
}

// IsOn reports whether the file is on this device, as stat(2) of Linux names it, makedev(3).
// On btrfs and overlayfs the kernel names another one in /proc/locks.
func (l FileLock) IsOn(device uint64) bool {
	return l.Major == uint32(device>>8&0xfff|device>>32&^0xfff) && l.Minor == uint32(device&0xff|device>>12&0xffffff00)
}

// lockedFile is one, as /proc/locks names it.
type lockedFile struct {
	major, minor uint32
	inode        uint64
}

// Locks are the holders of the locks of each file: process ids, or SomeHolder. It is nil if they
// are not known.
type Locks map[lockedFile][]int

func locksIn(text []byte) Locks {
	list := make(Locks)
	for l := range ParseLocks(text) {
		if l.PID <= 0 {
			l.PID = SomeHolder
		}
		f := lockedFile{l.Major, l.Minor, l.Inode}
		list[f] = append(list[f], l.PID)
	}
	return list
}
