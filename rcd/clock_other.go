//go:build !linux

package rcd

import "time"

// sinceBoot: there is no systemd.
func sinceBoot() time.Duration { return 0 }

// monotonic: there is no systemd.
func monotonic() time.Duration { return 0 }
