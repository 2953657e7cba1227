package proctable

import (
	"path"
	"strings"
)

// unifiedGroup is the control group of a process in the one hierarchy that can freeze,
// as /proc/PID/cgroup names it, cgroups(7): the line "0::/system.slice/nginx.service".
// It is false if there is none, or it lies outside what we see.
func unifiedGroup(text string) (group string, ok bool) {
	for line := range strings.Lines(text) {
		if p, is := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::"); is {
			return p, path.IsAbs(p) && path.Clean(p) == p
		}
	}
	return "", false
}

// isFrozen reads cgroup.events: "populated 1", "frozen 0".
func isFrozen(text string) bool {
	for line := range strings.Lines(text) {
		if strings.TrimSuffix(line, "\n") == "frozen 1" {
			return true
		}
	}
	return false
}
