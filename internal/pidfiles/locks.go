package pidfiles

import (
	"bytes"
	"strconv"
)

// device is a file, as /proc/locks names it.
type device struct {
	major, minor uint32
	inode        uint64
}

// locks are who holds a lock of a file: process ids, or someHolder.
type locks map[device][]int

// mostLocks bounds what is kept, whatever others lock.
const mostLocks = 100_000

// parseLocks reads /proc/locks, proc_locks(5):
//
//	1: POSIX  ADVISORY  WRITE 684 00:1a:1234 0 EOF
//	1: -> POSIX  ADVISORY  WRITE 700 00:1a:1234 0 EOF
//	2: FLOCK  ADVISORY  WRITE 731 fe:00:99 0 EOF
//
// One behind an arrow is only waited for. A lease is no lock. An OFD lock has -1 for its
// process, for it belongs to the open file.
func parseLocks(text []byte) locks {
	list := make(locks)
	for line := range bytes.Lines(text) {
		f := bytes.Fields(line)
		if len(f) != 8 || len(list) >= mostLocks {
			continue
		}
		switch string(f[1]) {
		case "POSIX", "FLOCK", "OFDLCK":
		default:
			continue
		}
		pid, err := strconv.ParseInt(string(f[4]), 10, 32)
		d, ok := parseDevice(f[5])
		if err != nil || !ok {
			continue
		}
		if pid <= 0 { // of another PID namespace, or of nobody
			pid = someHolder
		}
		list[d] = append(list[d], int(pid))
	}
	return list
}

// parseDevice reads MAJOR:MINOR:INODE, the first two in hexadecimal.
func parseDevice(text []byte) (d device, ok bool) {
	f := bytes.Split(text, []byte(":"))
	if len(f) != 3 {
		return device{}, false
	}
	major, err1 := strconv.ParseUint(string(f[0]), 16, 32)
	minor, err2 := strconv.ParseUint(string(f[1]), 16, 32)
	inode, err3 := strconv.ParseUint(string(f[2]), 10, 64)
	return device{uint32(major), uint32(minor), inode}, err1 == nil && err2 == nil && err3 == nil
}
