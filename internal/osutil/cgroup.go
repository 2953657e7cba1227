package osutil

import "strings"

// ParseGroup reads /proc/PID/cgroup, cgroups(7): the path of the process's control group
// in the hierarchy by which systemd keeps order. That is the one of version 2, or in
// version 1 the one that is named so. "" if there is neither.
//
//	0::/system.slice/nginx.service
//	1:name=systemd:/system.slice/nginx.service
func ParseGroup(text string) string {
	var v2, named string
	for line := range strings.Lines(text) {
		_, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		controllers, path, ok := strings.Cut(rest, ":")
		switch {
		case !ok || !strings.HasPrefix(path, "/"):
		case controllers == "":
			v2 = path
		case controllers == "name=systemd":
			named = path
		}
	}
	// Where systemd runs a hybrid of both, the named hierarchy is the complete one; where a
	// container's systemd runs on version 2 of a host with both, it knows nothing of it.
	if unitIn(named) != "" || v2 == "" {
		return named
	}
	return v2
}

// UnitOf finds the unit of systemd that a process is in, in what /proc/PID/cgroup says:
// the outermost service or scope of its control group. "" if the process is in none, or
// systemd does not run.
func UnitOf(text []byte) string { return unitIn(ParseGroup(string(text))) }

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
