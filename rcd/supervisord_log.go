package rcd

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// supervisordLogTail is how much of its log is read, from the end: bytes.
const supervisordLogTail = 64 << 10

// exitedBy finds the last end of a process in supervisord's log, whose clock is that of the day:
//
//	2026-11-29 10:14:41,657 INFO spawned: 'backoff' with pid 23177
//	2026-11-29 10:14:42,062 WARN exited: backoff (exit status 1; not expected)
//	2026-11-29 10:14:43,540 WARN exited: a (terminated by SIGKILL; not expected)
//
// What is written of a core is SIGSEGV (core dumped).
func exitedBy(log, process string, now time.Time) Death {
	death, pid := Death{Cause: CauseUnknown}, 0
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		if _, said, ok := strings.Cut(line, " INFO spawned: '"+process+"' with pid "); ok {
			pid, _ = strconv.Atoi(said) // 0 if it is none
			continue
		}
		stamp, said, ok := strings.Cut(line, " exited: "+process+" (")
		how, _, isWhole := strings.Cut(said, ";")
		if !ok || !isWhole {
			continue
		}
		if d := endOf(how); d.Cause != CauseUnknown {
			death = d
			death.PID, death.Ago = pid, stampAge(stamp, now)
		}
		pid = 0
	}
	return death
}

// endOf reads how a process has ended: "exit status 3", "terminated by SIGKILL".
func endOf(how string) Death {
	if status, ok := strings.CutPrefix(how, "exit status "); ok {
		n, err := strconv.ParseUint(status, 10, 8)
		if err != nil {
			return Death{Cause: CauseUnknown}
		}
		d := Death{Cause: words.Exited, Text: fmt.Sprintf("its process has exited with status %d", n)}
		if n > 128 && n < 192 { // of one that it has caught; 255 is what PHP ends with
			d.Signal = int(n) - 128
		}
		return d
	}
	name, ok := strings.CutPrefix(how, "terminated by ")
	name, core := strings.CutSuffix(name, " (core dumped)")
	signal := int(unix.SignalNum(name))
	if !ok || signal == 0 {
		return Death{Cause: CauseUnknown}
	}
	d := Death{Cause: words.Signalled, Text: "its process was killed by " + osutil.SignalName(signal), Signal: signal}
	if core {
		d.Cause, d.Text = words.DumpedCore, d.Text+" and dumped core"
	}
	return d
}

// stoppedIn finds when a process was last stopped because supervisord was told to:
//
//	2026-11-29 10:24:39,815 WARN stopped: single (terminated by SIGTERM)
func stoppedIn(log, process string, zone *time.Location) (at time.Time, ok bool) {
	for line := range strings.Lines(log) {
		if stamp, _, isStop := strings.Cut(line, " stopped: "+process+" ("); isStop {
			at, ok = stampTime(stamp, zone)
		}
	}
	return at, ok
}

// stampAge is how long ago a line was written; 0 if that cannot be told.
func stampAge(stamp string, now time.Time) time.Duration {
	at, ok := stampTime(stamp, now.Location())
	if !ok {
		return 0
	}
	return max(0, now.Sub(at))
}

// stampTime is the time at the beginning of a line.
func stampTime(stamp string, zone *time.Location) (at time.Time, ok bool) {
	const layout = "2006-01-02 15:04:05,000"
	if len(stamp) < len(layout) {
		return time.Time{}, false
	}
	at, err := time.ParseInLocation(layout, stamp[:len(layout)], zone)
	return at, err == nil
}
