//go:build !linux && !freebsd

package state

import "time"

// bootID: this system tells no id of its boot that we know of.
func bootID() string { return "" }

func uptime() (up time.Duration, ok bool) { return 0, false }
