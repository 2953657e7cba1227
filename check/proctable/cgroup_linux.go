package proctable

import (
	"errors"
	"io/fs"
	"strconv"

	"daemon-keeper/internal/osutil"
)

// Frozen reports whether a process is kept from running by its control group or one
// above, as systemctl freeze does it. It has ended, or its system knows no freezing: it
// is not.
func Frozen(pid int) (bool, error) {
	const most = 16 << 10 // bytes
	text, err := osutil.ReadSome("/proc/"+strconv.Itoa(pid)+"/cgroup", most)
	group := unifiedGroup(text)
	if err != nil || group == "" {
		return false, unlessMissing(err)
	}
	for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} { // the second where the old hierarchies are used, too
		events, err := osutil.ReadSome(mount+group+"/cgroup.events", most)
		if len(events) > 0 || unlessMissing(err) != nil {
			return isFrozen(string(events)), unlessMissing(err)
		}
	}
	return false, nil
}

func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Group is the path of a process's control group; "" if it cannot be told.
func Group(pid int) string {
	text, err := osutil.ReadSome("/proc/"+strconv.Itoa(pid)+"/cgroup", groupLimit)
	if err != nil {
		return ""
	}
	return ParseGroup(text)
}

// unit is that of a process. "" if it cannot be read.
func (t procTable) unit(pid int) string {
	text, err := readProc(t.dir(pid)+"/cgroup", t.scratch, groupLimit)
	if err != nil {
		return ""
	}
	return UnitOf(text)
}
