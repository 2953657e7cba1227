//go:build !linux

package app

// threadsLeft is unknown on this system: no limit is assumed.
func threadsLeft() uint64 { return unlimited }
