package check

// unit reads /proc/PID/cgroup, cgroups(7). What cannot be read is no unit.
func (t procTable) unit(pid int) string {
	text, err := readProc(t.dir(pid)+"/cgroup", t.scratch)
	if err != nil {
		return ""
	}
	return unitOf(text)
}
