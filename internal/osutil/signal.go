package osutil

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// SignalName is a signal for people: SIGTERM, or "signal 40" for one without a name.
func SignalName(number int) string {
	if name := unix.SignalName(syscall.Signal(number)); name != "" {
		return name
	}
	return "signal " + strconv.Itoa(number)
}
