package tracer

import (
	"strconv"
	"strings"
)

// mapping is a range of memory.
type mapping struct{ from, to uintptr }

// unchanged are the mappings of files to which nothing was ever written, not even by the dynamic
// loader. /proc/self/smaps says that of each, proc_pid_smaps(5): "Anonymous" is the size of the
// pages that are no longer those of the file.
func unchanged(smaps string) (list []mapping) {
	var here mapping
	isFile := false
	for line := range strings.Lines(smaps) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		if fields[0] == "Anonymous:" {
			if isFile && fields[1] == "0" {
				list = append(list, here)
			}
			isFile = false
		}
		if from, to, ok := parseRange(fields[0]); ok {
			here = mapping{from, to}
			isFile = len(fields) == 6 && (fields[1] == "r-xp" || fields[1] == "r--p") && strings.HasPrefix(fields[5], "/")
		}
	}
	return list
}

func parseRange(text string) (from, to uintptr, ok bool) {
	low, high, ok := strings.Cut(text, "-")
	a, err := strconv.ParseUint(low, 16, 64)
	b, err2 := strconv.ParseUint(high, 16, 64)
	return uintptr(a), uintptr(b), ok && err == nil && err2 == nil && a < b
}
