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
	namespaces int    // of process ids that it has a number in, ours first; 0 before Linux 4.1
	rss, vms   uint64 // bytes; 0 of a zombie
}

// parseStatus reads the file. gopsutil's own reader fails on the user ids above
// 2^31 that user namespaces bring.
func parseStatus(text []byte) (procStatus, error) {
	var st procStatus
	found := 0
	for line := range bytes.Lines(text) {
		key, value, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(":\t"))
		isWanted, err := st.set(key, value)
		if err != nil {
			return st, fmt.Errorf("%s: %w", key, err)
		}
		if isWanted {
			found++
		}
	}
	if found < 7 {
		return st, fmt.Errorf("some of Name, State, Tgid, PPid, Uid, Gid and Threads are missing")
	}
	return st, nil
}

// set takes over one line, and tells whether it is one that must be there.
func (st *procStatus) set(key, value []byte) (isWanted bool, err error) {
	switch string(key) {
	case "Name":
		st.name = string(value)
	case "State":
		if len(value) == 0 {
			return true, fmt.Errorf("empty state")
		}
		st.state = value[0]
	case "Tgid":
		st.group, err = strconv.Atoi(string(value))
	case "PPid":
		st.parent, err = strconv.Atoi(string(value))
	case "Threads":
		st.threads, err = strconv.Atoi(string(value))
	case "Uid":
		st.euid, err = effective(value)
	case "Gid":
		st.egid, err = effective(value)
	case "NSpid":
		st.namespaces = len(bytes.Fields(value))
		return false, nil
	case "VmRSS":
		st.rss, err = kibibytes(value)
		return false, err
	case "VmSize":
		st.vms, err = kibibytes(value)
		return false, err
	default:
		return false, nil
	}
	return true, err
}

// effective is the second of the real, effective, saved and file system ids.
func effective(value []byte) (uint32, error) {
	fields := bytes.Fields(value)
	if len(fields) != 4 {
		return 0, fmt.Errorf("%d ids instead of 4", len(fields))
	}
	id, err := strconv.ParseUint(string(fields[1]), 10, 32)
	return uint32(id), err
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
