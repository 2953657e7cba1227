package proctable

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// holdsLock reads /proc/PID/fdinfo/FD, proc_pid_fdinfo(5):
//
//	lock:	1: FLOCK  ADVISORY  WRITE 359 00:13:11691 0 EOF
//
// A lease is none of these locks, fcntl(2).
func holdsLock(fdinfo []byte) bool {
	for line := range bytes.Lines(fdinfo) {
		rest, isLock := bytes.CutPrefix(line, []byte("lock:"))
		fields := bytes.Fields(rest)
		if isLock && len(fields) > 1 && slices.Contains([]string{"FLOCK", "POSIX", "OFDLCK"}, string(fields[1])) {
			return true
		}
	}
	return false
}

// mountOf reads the mount of an open file from its fdinfo, proc_pid_fdinfo(5); "" if
// it names none.
func mountOf(fdinfo []byte) string {
	for line := range bytes.Lines(fdinfo) {
		if id, ok := bytes.CutPrefix(line, []byte("mnt_id:")); ok {
			return string(bytes.TrimSpace(id))
		}
	}
	return ""
}

// hasMount reports whether a mount is in /proc/PID/mountinfo, proc_pid_mountinfo(5):
// each line begins with its number.
func hasMount(mountinfo []byte, id string) bool {
	for line := range bytes.Lines(mountinfo) {
		if first, _, ok := bytes.Cut(line, []byte(" ")); ok && string(first) == id {
			return true
		}
	}
	return false
}

// openFiles reads the soft limit for open files from /proc/PID/limits,
// proc_pid_limits(5).
func openFiles(limits []byte) (int, error) {
	for line := range bytes.Lines(limits) {
		rest, ok := bytes.CutPrefix(line, []byte("Max open files"))
		if fields := bytes.Fields(rest); ok && len(fields) > 0 {
			n, err := strconv.ParseUint(string(fields[0]), 10, 31)
			if err != nil {
				return 0, err
			}
			return int(n), nil
		}
	}
	return 0, errors.New("its limits name none for open files")
}

// cleanLabel takes off what the modules put behind the context: SELinux a zero
// byte, AppArmor a line end.
func cleanLabel(text []byte) string { return strings.TrimRight(string(text), "\x00\n") }
