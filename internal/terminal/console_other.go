//go:build !freebsd

package terminal

import "os"

// IsLogged reports whether what is written to a terminal ends up in the system log.
func IsLogged(*os.File) bool { return false }
