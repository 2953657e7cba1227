package rcd

import (
	"fmt"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// CauseUnknown is also what a manager without a memory for deaths says.
const CauseUnknown = words.UnknownCause

// Death is how a service has ended.
type Death struct {
	Cause  words.Cause
	Text   string        // for people, such as: its main process was killed by SIGKILL; "" if unknown
	Signal int           // the signal that has killed it; n of an exit with status 128+n: mostly it has caught signal n; 0: none
	PID    int           // of the main process that has ended; 0: not known
	Ago    time.Duration // how long ago that was; 0: not known
	See    string        // the command that shows what the service has said; "" if there is none
}

// killed is the death of a process by a signal.
func killed(process string, signal int, core bool) Death {
	d := Death{Cause: words.Signalled, Text: process + " was killed by " + osutil.SignalName(signal), Signal: signal}
	if core {
		d.Cause, d.Text = words.DumpedCore, d.Text+" and dumped core"
	}
	return d
}

// exited is the death of a process by itself.
func exited(process string, status int) Death {
	return Death{Cause: words.Exited, Text: fmt.Sprintf("%s has exited with status %d", process, status), Signal: osutil.SignalOfExit(status)}
}
