package check

import "strings"

// unitOf finds the unit of systemd that a process is in, in what /proc/PID/cgroup says:
// the outermost service or scope of its control group. "" if the process is in none, or
// systemd does not run.
func unitOf(text []byte) string { return unitIn(parseGroup(string(text))) }

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
