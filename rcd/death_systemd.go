package rcd

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const deathProps = "ActiveState,SubState,Result,ExecMainCode,ExecMainStatus"

func (s systemd) death(ctx context.Context, run runner, service string) (Death, error) {
	argv := []string{s.systemctl, "show", "-p", deathProps, unitName(service)}
	r, err := run.query(ctx, argv)
	if err != nil {
		return Death{Cause: CauseUnknown}, err
	}
	if r.status != 0 {
		return Death{Cause: CauseUnknown}, fmt.Errorf("cannot ask systemd how %s has ended: %s", service, r.failure(argv))
	}
	return deathOf(properties(r.output)), nil
}

// deathOf reads what org.freedesktop.systemd1(5) calls the result of a service.
// ExecMainCode= is the si_code of waitid(2): 1 exited, 2 killed, 3 killed and dumped
// core; 0 if there was none, or systemd has forgotten, as it does of a unit that nothing
// refers to.
func deathOf(p map[string]string) Death {
	waits := strings.HasPrefix(p["SubState"], "auto-restart") // since systemd 254 also auto-restart-queued
	if !waits && p["ActiveState"] != "failed" && p["ActiveState"] != "inactive" {
		return Death{Cause: CauseUnknown}
	}
	switch p["Result"] {
	case "oom-kill":
		return Death{OutOfMemory, "its main process, or another of its service, was killed for want of memory"}
	case "timeout":
		return Death{TimedOut, "it took longer to start, to run or to stop than its unit allows"}
	case "watchdog":
		return Death{TimedOut, "it did not report to systemd's watchdog in time"}
	case "exec-condition":
		return Death{NeverBegan, "a condition of its unit did not hold (ExecCondition=)"}
	case "resources", "protocol":
		return Death{NeverBegan, "systemd could not start it (result " + p["Result"] + ")"}
	}
	number, err := strconv.ParseUint(p["ExecMainStatus"], 10, 8) // of an exit, or of a signal
	if err != nil {
		return Death{Cause: CauseUnknown}
	}
	status := int(number)
	switch p["ExecMainCode"] {
	case "0":
		if r := p["Result"]; r == "exit-code" || r == "signal" || r == "core-dump" { // a failure, with no main process
			return Death{NeverBegan, "a command that its unit runs before its program, or in order to start it, has failed (result " + r + ")"}
		}
	case "1":
		return exited(status)
	case "2":
		return Death{Signalled, "its main process was killed by " + signalName(status)}
	case "3":
		return Death{DumpedCore, "its main process was killed by " + signalName(status) + " and dumped core"}
	}
	return Death{Cause: CauseUnknown}
}

// exited: systemd's own steps before it executes the program exit with 200 to 245,
// systemd.exec(5); no program should.
func exited(status int) Death {
	switch {
	case status == 203:
		return Death{NeverBegan, "its program could not be executed (status 203)"}
	case status >= 200 && status <= 245:
		return Death{NeverBegan, fmt.Sprintf("systemd could not set it up (status %d, see systemd.exec(5))", status)}
	}
	return Death{Exited, fmt.Sprintf("its main process has exited with status %d", status)}
}

func signalName(number int) string {
	if name := unix.SignalName(unix.Signal(number)); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", number)
}
