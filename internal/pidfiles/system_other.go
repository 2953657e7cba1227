//go:build !linux && !freebsd

package pidfiles

import (
	"os"

	"golang.org/x/sys/unix"
)

// Supported reports whether this system can be looked at: its process table is not read.
const Supported = false

func readLocks() locks { return nil }

func lockHolders(locks, *os.File, *unix.Stat_t, string) (holders []int, known bool) {
	return nil, false
}

func systemOf(*os.File, string) (name string, stays bool) { return "", false }

func mostPID() int64 { return 0 }

func hasACL(string) bool { return false }
