package rcd

import (
	"strconv"
	"time"
)

// Life is from a service's start to its end. The zero Life means that it is not known.
type Life struct {
	Main  int           // process id of the main process that has ended; 0: not known
	Began time.Duration // how long ago its start began
	Ended time.Duration // how long ago its main process, or else the service, has ended
}

const lifeProps = "ExecMainPID,ExecMainExitTimestampMonotonic,InactiveExitTimestampMonotonic,InactiveEnterTimestampMonotonic"

// lifeOf reads the last life of a unit that has no main process now. Its main process
// may have ended a while before the unit does: what is left of it is still being
// stopped. ExecMainStartTimestamp= is not a beginning, for a daemon that puts itself into
// the background has started its workers before.
func lifeOf(p map[string]string, now time.Duration) Life {
	main, _ := strconv.Atoi(p["ExecMainPID"])
	if p["MainPID"] != "0" || now == 0 {
		return Life{}
	}
	began, ended := micros(p["InactiveExitTimestampMonotonic"]), micros(p["ExecMainExitTimestampMonotonic"])
	if ended == 0 {
		main, ended = 0, micros(p["InactiveEnterTimestampMonotonic"])
	}
	if began == 0 || ended < began || now < ended || main < 0 {
		return Life{}
	}
	return Life{Main: main, Began: now - began, Ended: max(now-ended, 1)}
}

// unlessSuspended is the time that the machine has been running, unless it was suspended
// for part of the time since the boot.
func unlessSuspended(running, all time.Duration) time.Duration {
	const between = time.Second // of reading both
	if all-running > between {
		return 0
	}
	return running
}
