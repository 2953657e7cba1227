package osutil

import (
	"strconv"
	"strings"
)

// UnescapeMount undoes what the kernel does to white space and backslashes in a path of a
// table of mounts, proc_pid_mountinfo(5): \040.
func UnescapeMount(path string) string {
	if !strings.Contains(path, `\`) {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' && i+4 <= len(path) {
			if c, err := strconv.ParseUint(path[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}
