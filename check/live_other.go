//go:build !linux

package check

// listens is not supported: then nobody says that a process does not.
func listens(int) (bool, error) { return false, ErrNotSupported }
