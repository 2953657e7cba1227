package check

// seenBy is a path as the process itself sees it.
func seenBy(pid int, path string) string {
	return seenFrom(newProcTable("/proc", directly()).dir(pid), path)
}
