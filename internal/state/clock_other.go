//go:build !linux && !freebsd

package state

// bootID: this system tells no id of its boot that we know of.
func bootID() string { return "" }
