package postmortem

// Signals that have the same number everywhere.
const (
	sigHup  = 1
	sigIll  = 4
	sigTrap = 5
	sigFpe  = 8
	sigKill = 9
	sigSegv = 11
)

// linuxBus is SIGBUS on Linux.
const linuxBus = 7
