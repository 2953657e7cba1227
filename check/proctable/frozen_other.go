//go:build !linux

package proctable

// Frozen reports whether a process is kept from running by its control group. There are
// none here.
func Frozen(int) (bool, error) { return false, nil }
