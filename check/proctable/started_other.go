//go:build !linux && !freebsd

package proctable

import "time"

// StartTime is not known: this system's process table is not read.
func StartTime(uint64, time.Time, time.Duration) time.Time { return time.Time{} }
