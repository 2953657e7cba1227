//go:build !linux

package rcd

import (
	"os"
	"time"
)

// sinceBoot: there is no systemd.
func sinceBoot() time.Duration { return 0 }

// monotonic: there is no systemd.
func monotonic() time.Duration { return 0 }

// changeTime: there are no links of System V init.
func changeTime(os.FileInfo) time.Time { return time.Time{} }
