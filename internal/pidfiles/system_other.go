//go:build !linux && !freebsd

package pidfiles

import (
	"os"
)

// Supported reports whether this system can be looked at: its process table is not read.
const Supported = false

func systemOf(*os.File, string) (name string, stays bool) { return "", false }

func mostPID() int64 { return 0 }

func hasACL(string) bool { return false }
