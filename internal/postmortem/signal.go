package postmortem

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Signals that have the same number everywhere.
const (
	sigHup  = 1
	sigIll  = 4
	sigFpe  = 8
	sigKill = 9
	sigSegv = 11
)

// signalName is a signal for people.
func signalName(n int) string {
	if name := unix.SignalName(syscall.Signal(n)); name != "" {
		return name
	}
	return "signal " + strconv.Itoa(n)
}
