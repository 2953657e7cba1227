package proctable

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Status is what we need of /proc/PID/status, proc_pid_status(5).
type Status struct {
	Name       string
	State      byte // R, S, D, Z, T, t, X, I
	Leader     int  // the process that the number belongs to: another one if it is a thread's
	Parent     int
	Threads    int
	EUID, EGID uint32
	RUID, RGID uint32
	Namespaces int    // of process ids that it has a number in, ours first; 0 before Linux 4.1
	RSS, VMS   uint64 // bytes; 0 of a zombie
}

// ParseStatus reads the file. gopsutil's own reader fails on the user ids above
// 2^31 that user namespaces bring.
func ParseStatus(text []byte) (Status, error) {
	var st Status
	var found lines
	for line := range bytes.Lines(text) {
		key, value, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(":\t"))
		line, err := st.set(key, value)
		if err != nil {
			return st, fmt.Errorf("%s: %w", key, err)
		}
		found |= line
	}
	if found != allLines {
		return st, fmt.Errorf("some of Name, State, Tgid, PPid, Uid, Gid and Threads are missing")
	}
	return st, nil
}

// lines are those that must be there.
type lines uint8

const (
	nameLine lines = 1 << iota
	stateLine
	tgidLine
	ppidLine
	threadsLine
	uidLine
	gidLine
	allLines = 1<<iota - 1
)

// set takes over one line, and tells which of those that must be there it is.
func (st *Status) set(key, value []byte) (line lines, err error) {
	switch string(key) {
	case "Name":
		line, st.Name = nameLine, string(value)
	case "State":
		if len(value) == 0 {
			return 0, fmt.Errorf("empty state")
		}
		line, st.State = stateLine, value[0]
	case "Tgid":
		line = tgidLine
		st.Leader, err = strconv.Atoi(string(value))
	case "PPid":
		line = ppidLine
		st.Parent, err = strconv.Atoi(string(value))
	case "Threads":
		line = threadsLine
		st.Threads, err = strconv.Atoi(string(value))
	case "Uid":
		line = uidLine
		st.RUID, st.EUID, err = realAndEffective(value)
	case "Gid":
		line = gidLine
		st.RGID, st.EGID, err = realAndEffective(value)
	case "NSpid":
		st.Namespaces = len(bytes.Fields(value))
	case "VmRSS":
		st.RSS, err = kibibytes(value)
	case "VmSize":
		st.VMS, err = kibibytes(value)
	}
	return line, err
}

// realAndEffective are the first two of the real, effective, saved and file system ids.
func realAndEffective(value []byte) (first, second uint32, err error) {
	fields := bytes.Fields(value)
	if len(fields) != 4 {
		return 0, 0, fmt.Errorf("%d ids instead of 4", len(fields))
	}
	a, err := strconv.ParseUint(string(fields[0]), 10, 32)
	if err != nil {
		return 0, 0, err
	}
	b, err := strconv.ParseUint(string(fields[1]), 10, 32)
	return uint32(a), uint32(b), err
}

// kibibytes reads "   1234 kB".
func kibibytes(value []byte) (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(string(value)), " kB"), 10, 54)
	return n << 10, err
}

// unescape undoes what the kernel does to the name in /proc/PID/status.
func unescape(name string) string {
	if !strings.Contains(name, `\`) {
		return name
	}
	return strings.NewReplacer(`\n`, "\n", `\\`, `\`).Replace(name)
}
