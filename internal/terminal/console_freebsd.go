package terminal

import (
	"os"
	"syscall"
)

// IsLogged reports whether what is written to a terminal ends up in the system log: the
// kernel passes on what is written to the console, syslogd(8).
func IsLogged(f *os.File) bool {
	console, err := os.Stat("/dev/console")
	if err != nil {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().Type() == console.Mode().Type() && device(info) == device(console)
}

// device returns the device number of a device file, stat(2).
func device(info os.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Rdev)
	}
	return 0
}
