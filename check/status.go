package check

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// procStatus is what we need of /proc/PID/status, proc_pid_status(5).
type procStatus struct {
	name    string
	state   byte // R, S, D, Z, T, t, X, I
	threads int
	euid    uint32
}

// parseStatus reads the file. gopsutil's own reader fails on the user ids above
// 2^31 that user namespaces bring.
func parseStatus(text []byte) (procStatus, error) {
	var st procStatus
	found := make(map[string]bool, 4)
	for line := range bytes.Lines(text) {
		key, value, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(":\t"))
		var err error
		switch string(key) {
		case "Name":
			st.name = string(value)
		case "State":
			if len(value) == 0 {
				return st, fmt.Errorf("empty state")
			}
			st.state = value[0]
		case "Uid": // real, effective, saved, file system
			fields := bytes.Fields(value)
			if len(fields) != 4 {
				return st, fmt.Errorf("%d user ids instead of 4", len(fields))
			}
			var uid uint64
			uid, err = strconv.ParseUint(string(fields[1]), 10, 32)
			st.euid = uint32(uid)
		case "Threads":
			st.threads, err = strconv.Atoi(string(value))
		default:
			continue
		}
		if err != nil {
			return st, fmt.Errorf("%s: %w", key, err)
		}
		found[string(key)] = true
	}
	if len(found) < 4 {
		return st, fmt.Errorf("some of Name, State, Uid and Threads are missing")
	}
	return st, nil
}

// unescape undoes what the kernel does to the name in /proc/PID/status.
func unescape(name string) string {
	return strings.NewReplacer(`\n`, "\n", `\\`, `\`).Replace(name)
}
