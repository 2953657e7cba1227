//go:build !linux && !freebsd

package state

// bootID returns "": we know of no boot ID on this system.
func bootID() string { return "" }
