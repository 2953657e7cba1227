package proctable

import (
	"bytes"
	"fmt"
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

// Field is the value of the line "key:	value" of a file of proc(5), such as status and fdinfo.
func Field(text []byte, key string) (value string, ok bool) {
	for line := range bytes.Lines(text) {
		if name, rest, ok := bytes.Cut(line, []byte(":")); ok && string(name) == key {
			return string(bytes.TrimSpace(rest)), true
		}
	}
	return "", false
}

// The names of limits in /proc/PID/limits.
const OpenFiles = "Max open files"

// Unlimited stands for no limit.
const Unlimited = ^uint64(0)

// ParseLimit reads the soft and the hard limit of a name from /proc/PID/limits,
// proc_pid_limits(5); ok is false if it has none.
func ParseLimit(limits []byte, name string) (soft, hard uint64, ok bool) {
	for line := range bytes.Lines(limits) {
		rest, ok := bytes.CutPrefix(line, []byte(name))
		if fields := bytes.Fields(rest); ok && len(fields) > 1 {
			soft, err := ParseAmount(string(fields[0]))
			hard, err2 := ParseAmount(string(fields[1]))
			return soft, hard, err == nil && err2 == nil
		}
	}
	return 0, 0, false
}

// ParseAmount reads a number, or what the kernel writes for none: "unlimited", and "max" of
// control groups.
func ParseAmount(text string) (uint64, error) {
	if text == "unlimited" || text == "max" {
		return Unlimited, nil
	}
	return strconv.ParseUint(text, 10, 64)
}

// CleanLabel takes off what the modules put behind the context: SELinux a zero
// byte, AppArmor a line end.
func CleanLabel(text []byte) string { return strings.TrimRight(string(text), "\x00\n") }

// maxChildren is how many children of a process are worth remembering.
const maxChildren = 64

// parseChildren reads /proc/PID/task/TID/children, proc_pid_task(5): process ids, each
// with a space behind it. Anything else ends the list.
func parseChildren(text []byte) []int {
	var pids []int
	for field := range bytes.FieldsSeq(text) {
		pid, err := strconv.Atoi(string(field))
		if err != nil || pid < 1 || len(pids) == maxChildren {
			break
		}
		pids = append(pids, pid)
	}
	return pids
}

// The most that is read of the arguments of one process.
const (
	argsLimit = 64 << 10 // bytes
	argsMost  = 4096     // arguments; each needs 16 bytes more than its text
)

var tooManyArgs = fmt.Sprintf("it has more arguments than are read (%d bytes, or %d of them)", argsLimit, argsMost)

// parseArgs splits them, as many as the limit, and reports whether some are missing.
func parseArgs(text []byte, cut bool) ([]string, bool) {
	if len(bytes.Trim(text, "\x00 ")) == 0 { // none, or wiped out: memset(3) leaves as many zero bytes
		return nil, cut
	}
	args := strings.SplitN(string(bytes.TrimSuffix(text, []byte{0})), "\x00", argsMost+1)
	if len(args) > argsMost {
		return args[:argsMost:argsMost], true
	}
	return args, cut
}

// clipArgs does the same where the system has split them.
func clipArgs(args []string) ([]string, bool) {
	size := 0
	for i, arg := range args {
		if size += len(arg) + 1; size > argsLimit || i == argsMost {
			return args[:i:i], true
		}
	}
	return args, false
}
