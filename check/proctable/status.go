package proctable

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
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

// ParseStatus reads the file. gopsutil's own reader fails on the user ids above
// 2^31 that user namespaces bring.
func ParseStatus(text []byte) (Status, error) {
	needed := [...]string{"Name", "State", "Tgid", "PPid", "Uid", "Gid", "Threads"}
	var found [len(needed)]bool
	var st Status
	for line := range bytes.Lines(text) {
		key, value, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(":\t"))
		if err := st.set(key, value); err != nil {
			return st, fmt.Errorf("%s: %w", key, err)
		}
		for i, name := range needed {
			found[i] = found[i] || string(key) == name
		}
	}
	if slices.Contains(found[:], false) {
		return st, errors.New("some of Name, State, Tgid, PPid, Uid, Gid and Threads are missing")
	}
	return st, nil
}

// set takes over one line.
func (st *Status) set(key, value []byte) (err error) {
	switch string(key) {
	case "Name":
		st.Name = string(value)
	case "State":
		if len(value) == 0 {
			return errors.New("empty state")
		}
		st.State = value[0]
	case "Tgid":
		st.Leader, err = strconv.Atoi(string(value))
	case "PPid":
		st.Parent, err = strconv.Atoi(string(value))
	case "Threads":
		st.Threads, err = strconv.Atoi(string(value))
	case "Uid":
		st.Users, err = parseIDs(value)
	case "Gid":
		st.Groups, err = parseIDs(value)
	case "NSpid":
		st.Namespaces = len(bytes.Fields(value))
	case "VmRSS":
		st.RSS, err = Kibibytes(string(value))
	case "VmSize":
		st.VMS, err = Kibibytes(string(value))
	}
	return err
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
