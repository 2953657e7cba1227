package check

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// procStatus is what we need of /proc/PID/status, proc_pid_status(5).
type procStatus struct {
	name       string
	state      byte // R, S, D, Z, T, t, X, I
	group      int  // the process that the number belongs to: another one if it is a thread's
	parent     int
	threads    int
	euid, egid uint32
	ruid, rgid uint32
	namespaces int    // of process ids that it has a number in, ours first; 0 before Linux 4.1
	rss, vms   uint64 // bytes; 0 of a zombie
}

// parseStatus reads the file. gopsutil's own reader fails on the user ids above
// 2^31 that user namespaces bring.
func parseStatus(text []byte) (procStatus, error) {
	var st procStatus
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
func (st *procStatus) set(key, value []byte) (line lines, err error) {
	switch string(key) {
	case "Name":
		line, st.name = nameLine, string(value)
	case "State":
		if len(value) == 0 {
			return 0, fmt.Errorf("empty state")
		}
		line, st.state = stateLine, value[0]
	case "Tgid":
		line = tgidLine
		st.group, err = strconv.Atoi(string(value))
	case "PPid":
		line = ppidLine
		st.parent, err = strconv.Atoi(string(value))
	case "Threads":
		line = threadsLine
		st.threads, err = strconv.Atoi(string(value))
	case "Uid":
		line = uidLine
		st.ruid, st.euid, err = realAndEffective(value)
	case "Gid":
		line = gidLine
		st.rgid, st.egid, err = realAndEffective(value)
	case "NSpid":
		st.namespaces = len(bytes.Fields(value))
	case "VmRSS":
		st.rss, err = kibibytes(value)
	case "VmSize":
		st.vms, err = kibibytes(value)
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
