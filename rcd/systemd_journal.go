package rcd

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// job is what the journal says of one step of a unit's job, systemd.journal-fields(7).
type job struct {
	id     string
	kind   string // start, stop, restart
	result string // "" while it is under way
	at     time.Time
	up     time.Duration // since the boot
}

// parseJobs reads what journalctl -o json prints, one object a line. Other lines, such
// as those of standard error, are left out.
func parseJobs(text string) (list []job) {
	for line := range strings.Lines(text) {
		var entry map[string]any // a field may be a string, a list of them, numbers for bytes, or null
		if json.Unmarshal([]byte(line), &entry) != nil {
			continue
		}
		field := func(name string) string {
			s, _ := entry[name].(string)
			return s
		}
		real, err := strconv.ParseInt(field("__REALTIME_TIMESTAMP"), 10, 64)
		j := job{id: field("JOB_ID"), kind: field("JOB_TYPE"), result: field("JOB_RESULT"), up: micros(field("__MONOTONIC_TIMESTAMP"))}
		if err != nil || real <= 0 || j.kind == "" || j.up == 0 || !isNumber(j.id) {
			continue
		}
		j.at = time.UnixMicro(real)
		list = append(list, j)
	}
	return list
}

func isNumber(text string) bool {
	_, err := strconv.ParseUint(text, 10, 64)
	return err == nil
}

// stopJob is a job that has stopped a unit, or is about to.
type stopJob struct {
	id         string
	started    time.Time // of the last start before it; zero if none is known
	begin, end time.Time
	up         time.Duration // its end, since the boot
	done       bool
}

// lastStop finds the stop that was a unit's last job; the list has the newest first.
// A restart, and a start even if it has failed, say that it should run. What is done
// of a restart is called one; its beginning ("Stopping") is not.
func lastStop(list []job) (stopJob, bool) {
	if len(list) == 0 {
		return stopJob{}, false
	}
	last := list[0]
	if last.kind != "stop" || last.result != "" && last.result != "done" {
		return stopJob{}, false
	}
	stop := stopJob{id: last.id, begin: last.at, end: last.at, up: last.up, done: last.result == "done"}
	for _, j := range list {
		if j.id == last.id && j.kind == "stop" && j.at.Before(stop.begin) {
			stop.begin = j.at
		}
	}
	if i := slices.IndexFunc(list, func(j job) bool { return j.id != last.id && j.kind != "stop" }); i >= 0 {
		stop.started = list[i].at
	}
	return stop, true
}

// isOurs reports whether a stop was our own. Our start comes behind it: one that has
// a start between our stop and itself is another, however soon it came.
func (s stopJob) isOurs(past Past) bool {
	restarted := !past.To.IsZero() && s.started.After(past.To) && s.started.Before(s.begin)
	return !restarted && past.hasStopped(s.begin, s.end)
}
