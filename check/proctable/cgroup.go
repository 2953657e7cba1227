package proctable

import (
	"iter"
	"path"
	"strings"
)

// Groups are the control groups that /proc/PID/cgroup names, cgroups(7), with the controllers
// of each: "" for version 2.
//
//	0::/system.slice/nginx.service
//	1:name=systemd:/system.slice/nginx.service
//	9:cpu,cpuacct:/
func Groups(text []byte) iter.Seq2[string, string] {
	return func(yield func(controllers, group string) bool) {
		for line := range strings.Lines(string(text)) {
			_, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
			controllers, group, ok := strings.Cut(rest, ":")
			if ok && strings.HasPrefix(group, "/") && !yield(controllers, group) {
				return
			}
		}
	}
}

// ParseGroup is the path of a process's control group in the hierarchy by which systemd keeps
// order. That is the one of version 2, or in version 1 the one that is named so. "" if there
// is neither.
func ParseGroup(text []byte) string {
	var v2, named string
	for controllers, group := range Groups(text) {
		switch controllers {
		case "":
			v2 = group
		case "name=systemd":
			named = group
		}
	}
	// Where systemd runs a hybrid of both, the named hierarchy is the complete one; where a
	// container's systemd runs on version 2 of a host with both, it knows nothing of it.
	if UnitIn(named) != "" || v2 == "" {
		return named
	}
	return v2
}

// UnitOf is the unit of systemd that a process is in, by what /proc/PID/cgroup says; "" if the
// process is in none, or systemd does not run.
func UnitOf(text []byte) string { return UnitIn(ParseGroup(text)) }

// UnitIn is the first element of a control group's path that is a service or a scope, which
// systemd makes for each service and each session: what is below it is its own affair.
func UnitIn(group string) string {
	for element := range strings.SplitSeq(group, "/") {
		if strings.HasSuffix(element, ".service") || strings.HasSuffix(element, ".scope") {
			return element
		}
	}
	return ""
}

// unifiedGroup is the control group of a process in the one hierarchy that can freeze; "" if
// there is none, or it lies outside what we see.
func unifiedGroup(text []byte) string {
	for controllers, group := range Groups(text) {
		if controllers == "" && path.Clean(group) == group {
			return group
		}
	}
	return ""
}

// isFrozen reads cgroup.events: "populated 1", "frozen 0".
func isFrozen(events string) bool {
	for line := range strings.Lines(events) {
		if strings.TrimSuffix(line, "\n") == "frozen 1" {
			return true
		}
	}
	return false
}
