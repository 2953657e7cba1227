package proctable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
)

// Frozen reports whether a process is kept from running by its control group or one
// above, as systemctl freeze does it. It has ended, or its system knows no freezing: it
// is not.
func Frozen(pid int) (bool, error) {
	text, err := readSmall("/proc/" + strconv.Itoa(pid) + "/cgroup")
	group, ok := unifiedGroup(text)
	if err != nil || !ok {
		return false, err
	}
	for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} { // the second where the old hierarchies are used, too
		if text, err = readSmall(mount + group + "/cgroup.events"); text != "" || err != nil {
			return isFrozen(text), err
		}
	}
	return false, nil
}

// readSmall reads a file of the kernel's; one that is not there is empty.
func readSmall(path string) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 16<<10))
	return string(text), err
}
