package proctable

// SeenBy is a path as the process itself sees it.
func SeenBy(pid int, path string) string {
	return seenFrom(At("/proc", Directly()).dir(pid), path)
}
