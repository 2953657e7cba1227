package proctable

import "daemon-keeper/internal/osutil"

// unit reads /proc/PID/cgroup, cgroups(7). What cannot be read is no unit.
func (t procTable) unit(pid int) string {
	text, _, err := readProc(t.dir(pid)+"/cgroup", t.scratch, statusLimit)
	if err != nil {
		return ""
	}
	return osutil.UnitOf(text)
}
