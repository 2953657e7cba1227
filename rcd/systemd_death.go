package rcd

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"daemon-keeper/internal/words"
)

const deathProps = "ActiveState,SubState,Result,MainPID,ExecMainCode,ExecMainStatus,ExecStartPre,ExecStart," + lifeProps

func (s systemd) Death(ctx context.Context, service string) (Death, error) {
	p, r, err := s.ask(ctx, deathProps, unitName(service))
	if err == nil && r.status != 0 {
		err = fmt.Errorf("cannot ask systemd how %s has ended: %s", service, r.failure([]string{s.systemctl, "show", "-p", deathProps, unitName(service)}))
	}
	if err != nil {
		return Death{Cause: CauseUnknown}, err
	}
	startFailed := failedToStart(r.output)
	if startFailed != "" && isOfEarlierStart(p) {
		p["ExecMainCode"], p["ExecMainStatus"], p["ExecMainPID"], p["ExecMainExitTimestampMonotonic"] = "0", "0", "0", "0"
	}
	d := deathOf(p, startFailed)
	d.PID, _ = strconv.Atoi(p["ExecMainPID"]) // 0 if it has had none
	d.Ago = lifeOf(p, sinceBoot()).Ended
	d.See = "journalctl -u " + service + " -n 50"
	return d, nil
}

// isOfEarlierStart reports whether the main process that has ended was started before the
// unit was last started, whose failure is therefore another one: systemd keeps what it knows
// of a main process until the next one. A unit that waits for its restart has begun to be
// started again when its main process had ended.
func isOfEarlierStart(p map[string]string) bool {
	exit, began := micros(p["ExecMainExitTimestampMonotonic"]), micros(p["InactiveExitTimestampMonotonic"])
	return p["ActiveState"] == "failed" && exit > 0 && exit < began
}

// deathOf reads what org.freedesktop.systemd1(5) calls the result of a service.
// ExecMainCode= is the si_code of waitid(2): 1 exited, 2 killed, 3 killed and dumped
// core; 0 if there was none, or systemd has forgotten, as it does of a unit that nothing
// refers to. startFailed is a command of the unit that should have started it, "" if none
// has failed: without a main process the result may as well be that of ExecStop=.
func deathOf(p map[string]string, startFailed string) Death {
	waits := strings.HasPrefix(p["SubState"], "auto-restart") // since systemd 254 also auto-restart-queued
	if !waits && p["ActiveState"] != "failed" && p["ActiveState"] != "inactive" {
		return Death{Cause: CauseUnknown}
	}
	switch p["Result"] {
	case "oom-kill":
		return Death{Cause: words.OutOfMemory, Text: "its main process, or another of its service, was killed for want of memory"}
	case "timeout":
		return Death{Cause: words.TimedOut, Text: "it took longer to start, to run or to stop than its unit allows"}
	case "watchdog":
		return Death{Cause: words.TimedOut, Text: "it did not report to systemd's watchdog in time"}
	case "exec-condition":
		return Death{Cause: words.NeverBegan, Text: "a condition of its unit did not hold (ExecCondition=)"}
	case "resources", "protocol":
		return Death{Cause: words.NeverBegan, Text: "systemd could not start it (result " + p["Result"] + ")"}
	}
	number, err := strconv.ParseUint(p["ExecMainStatus"], 10, 8) // of an exit, or of a signal
	if err != nil {
		return Death{Cause: CauseUnknown}
	}
	status := int(number)
	switch p["ExecMainCode"] {
	case "0":
		if r := p["Result"]; startFailed != "" && (r == "exit-code" || r == "signal" || r == "core-dump") {
			return Death{Cause: words.NeverBegan, Text: "its unit's start command " + startFailed + " has failed (result " + r + ")"}
		}
	case "1":
		return mainExited(status)
	case "2", "3":
		return killed("its main process", status, p["ExecMainCode"] == "3")
	}
	return Death{Cause: CauseUnknown}
}

// failedToStart is the program of a command that has not started a service as it should,
// "" if there is none. Each command is a line, org.freedesktop.systemd1(5):
//
//	ExecStartPre={ path=/bin/false ; argv[]=/bin/false ; ignore_errors=no ; … ; code=exited ; status=1 }
//
// Arguments come before these words and may repeat them, so they are searched for from
// the end.
func failedToStart(output string) string {
	for line := range strings.Lines(output) {
		name, command, _ := strings.Cut(strings.TrimSpace(line), "={ path=")
		if name != "ExecStartPre" && name != "ExecStart" {
			continue
		}
		program, _, _ := strings.Cut(command, " ;")
		rest, status := cutLast(command, " ; status=")
		rest, code := cutLast(rest, " ; code=")
		_, ignored := cutLast(rest, " ; ignore_errors=")
		failed := code == "killed" || code == "dumped" || code == "exited" && status != "0 }"
		if failed && !strings.HasPrefix(ignored, "yes") {
			return program
		}
	}
	return ""
}

func cutLast(text, sep string) (before, after string) {
	if i := strings.LastIndex(text, sep); i >= 0 {
		return text[:i], text[i+len(sep):]
	}
	return text, ""
}

// mainExited is the death of a main process by an exit. What systemd does in that process before
// it executes the program exits with 200 to 245, systemd.exec(5); no program should.
func mainExited(status int) Death {
	switch {
	case status == 203:
		return Death{Cause: words.NeverBegan, Text: "its program could not be executed (status 203)"}
	case status >= 200 && status <= 245:
		return Death{Cause: words.NeverBegan, Text: fmt.Sprintf("systemd could not set it up (status %d, see systemd.exec(5))", status)}
	}
	return exited("its main process", status)
}
