package osutil

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// SignalOfExit is the signal of which an exit status tells: a shell exits with 128+n after signal
// n, and so do many programs that have caught one. 0 if it tells of none: 255 is exit(-1), and
// no signal.
func SignalOfExit(status int) int {
	if status > 128 && status < 192 {
		return status - 128
	}
	return 0
}

// SignalName is a signal for people: SIGTERM, or "signal 40" for one without a name.
func SignalName(number int) string {
	if name := unix.SignalName(syscall.Signal(number)); name != "" {
		return name
	}
	return "signal " + strconv.Itoa(number)
}
