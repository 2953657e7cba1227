package tracer

import (
	"fmt"
	"time"

	"daemon-keeper/internal/osutil"
)

// end is how a process has ended.
type end struct {
	status int // of exit
	signal int // 0: it has exited
	core   bool
}

// heard is a signal as it is remembered for the account of the end.
type heard struct {
	number int
	text   string // the sender, made by received.text
	at     time.Time
	passed bool
}

// suspectFor is how long after a signal that asks a program to end its exit is reported together
// with that signal. systemd waits for 90 s before it kills.
const suspectFor = 2 * time.Minute

// account says how the program has ended, and who did it; last are the last signals of each kind.
// The end is bad if no signal has asked for it.
func (e end) account(last map[int]heard, now time.Time) (text string, bad bool) {
	if e.signal == 0 {
		text, bad = fmt.Sprintf("exited with status %d", e.status), e.status != 0
		if h, ok := asked(last, now); ok {
			text += fmt.Sprintf(", %s after %s%s", since(h.at, now), osutil.SignalName(h.number), h.text)
		}
		return text, bad
	}
	text = "was killed by " + osutil.SignalName(e.signal)
	h, ok := last[e.signal]
	if ok {
		text += h.text
	}
	if e.core {
		text += " (core dumped)"
	}
	switch {
	case !ok && e.signal == sigKill:
		text += ", which did not come through this wrapper, as none can: somebody has sent it to the program's own number, or the kernel has run out of memory"
	case !ok:
		text += ", which did not come through this wrapper: it was sent to the program's own number, or the program has done it itself"
	case !h.passed:
		text += fmt.Sprintf(", which both the program and this wrapper got, %s before", since(h.at, now))
	default:
		text += fmt.Sprintf(", %s after it came", since(h.at, now))
	}
	return text, true
}

// asked is the last signal that has asked the program to end.
func asked(last map[int]heard, now time.Time) (latest heard, ok bool) {
	for _, number := range []int{sigTerm, sigInt, sigQuit, sigHup} {
		if h, is := last[number]; is && now.Sub(h.at) < suspectFor && (!ok || h.at.After(latest.at)) {
			latest, ok = h, true
		}
	}
	return latest, ok
}

func since(at, now time.Time) string {
	d := now.Sub(at)
	if d > time.Minute {
		return d.Round(time.Second).String()
	}
	return d.Round(time.Millisecond).String()
}
