package check

import (
	"bytes"
	"strings"
)

// unitOf finds the unit of systemd that a process is in, in what /proc/PID/cgroup says,
// cgroups(7): the outermost service or scope of systemd's own hierarchy, which is that
// of version 2 (0::/…) or the named one of version 1 (1:name=systemd:/…). "" if the
// process is in none, or systemd does not run.
//
// Where systemd runs a hybrid of both, only the named hierarchy is complete.
func unitOf(text []byte) string {
	second := ""
	for line := range bytes.Lines(text) {
		_, rest, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(":"))
		controllers, path, found := bytes.Cut(rest, []byte(":"))
		switch {
		case !ok || !found:
		case string(controllers) == "name=systemd":
			return unitIn(string(path))
		case len(controllers) == 0:
			second = unitIn(string(path))
		}
	}
	return second
}

// unitIn is the first element of a path that is a service or a scope: what is below it
// is its own affair.
func unitIn(path string) string {
	for element := range strings.SplitSeq(path, "/") {
		if strings.HasSuffix(element, ".service") || strings.HasSuffix(element, ".scope") {
			return element
		}
	}
	return ""
}
