package postmortem

// Signals that have the same number everywhere.
const (
	sigHup  = 1
	sigIll  = 4
	sigFpe  = 8
	sigKill = 9
	sigSegv = 11
)
