package proctable

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Status is what we need of /proc/PID/status, proc_pid_status(5).
type Status struct {
	Name          string // with the kernel's escapes
	State         byte   // R, S, D, Z, T, t, X, I
	Leader        int    // the process that the number belongs to: another one if it is a thread's
	Parent        int
	Threads       int
	Users, Groups [4]uint32 // ids: Real, Effective, Saved and OfFiles
	Namespaces    int       // of process ids that it has a number in, ours first; 0 before Linux 4.1
	RSS, VMS      uint64    // bytes; 0 of a zombie
}

// The ids of a process, credentials(7).
const (
	Real = iota
	Effective
	Saved
	OfFiles // by which its access to files is judged
)

// isZombie reports whether all of a process has ended: the leader of threads that live on
// looks like a zombie, too.
func (st Status) isZombie() bool { return st.State == 'Z' && st.Threads < 2 }

// isStopped reports whether a signal or a debugger has stopped it.
func (st Status) isStopped() bool { return st.State == 'T' || st.State == 't' }

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
		st.Users, err = parseIDs(value)
	case "Gid":
		line = gidLine
		st.Groups, err = parseIDs(value)
	case "NSpid":
		st.Namespaces = len(bytes.Fields(value))
	case "VmRSS":
		st.RSS, err = Kibibytes(string(value))
	case "VmSize":
		st.VMS, err = Kibibytes(string(value))
	}
	return line, err
}

func parseIDs(value []byte) (ids [4]uint32, err error) {
	fields := bytes.Fields(value)
	if len(fields) != len(ids) {
		return ids, fmt.Errorf("%d ids instead of 4", len(fields))
	}
	for i, field := range fields {
		n, err := strconv.ParseUint(string(field), 10, 32)
		if err != nil {
			return ids, err
		}
		ids[i] = uint32(n)
	}
	return ids, nil
}

// Kibibytes reads an amount of memory such as "1234 kB", in bytes.
func Kibibytes(value string) (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 10, 54)
	return n << 10, err
}

// unescape undoes what the kernel does to the name in /proc/PID/status.
func unescape(name string) string {
	if !strings.Contains(name, `\`) {
		return name
	}
	return strings.NewReplacer(`\n`, "\n", `\\`, `\`).Replace(name)
}
