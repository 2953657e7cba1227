package rcd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

// What systemd 252 says of each kind of death.
func TestDeath(t *testing.T) {
	const ask = "/bin/systemctl show -p ActiveState,SubState,Result,MainPID,ExecMainCode,ExecMainStatus,ExecStartPre,ExecStart," + lifeProps + " x.service"
	answer := func(active, result, code, status string) string {
		return "ActiveState=" + active + "\nResult=" + result + "\nExecMainPID=77\nExecMainCode=" + code + "\nExecMainStatus=" + status + "\n"
	}
	command := func(which, program, ignore, code, status string) string {
		return which + "={ path=" + program + " ; argv[]=" + program + " ; status=7 } ; ignore_errors=" + ignore + " ; start_time=[Sat 2026-11-28 10:00:00 UTC] ; stop_time=[Sat 2026-11-28 10:00:00 UTC] ; pid=77 ; code=" + code + " ; status=" + status + " }\n"
	}
	for _, tc := range []struct {
		name, answer string
		status       int
		cause        words.Cause
		text         string
	}{
		{"kill -9", answer("failed", "signal", "2", "9"), 0, words.Signalled, "its main process was killed by SIGKILL"},
		{"TERM", answer("inactive", "success", "2", "15"), 0, words.Signalled, "its main process was killed by SIGTERM"},
		{"TERM, forgotten", answer("inactive", "success", "0", "0"), 0, CauseUnknown, ""},
		{"SEGV without a core", answer("failed", "signal", "2", "11"), 0, words.Signalled, "its main process was killed by SIGSEGV"},
		{"ABRT with a core", answer("failed", "core-dump", "3", "6"), 0, words.DumpedCore, "its main process was killed by SIGABRT and dumped core"},
		{"a signal without a name", answer("failed", "signal", "2", "40"), 0, words.Signalled, "its main process was killed by signal 40"},
		{"exit 3", answer("failed", "exit-code", "1", "3"), 0, words.Exited, "its main process has exited with status 3"},
		{"exit 0", answer("inactive", "success", "1", "0"), 0, words.Exited, "its main process has exited with status 0"},
		{"exit 143 of a TERM trap", answer("failed", "exit-code", "1", "143"), 0, words.Exited, "its main process has exited with status 143"},
		{"exit -1", answer("failed", "exit-code", "1", "255"), 0, words.Exited, "its main process has exited with status 255"},
		{"no binary", answer("failed", "exit-code", "1", "203"), 0, words.NeverBegan, "its program could not be executed (status 203)"},
		{"no user", answer("failed", "exit-code", "1", "217"), 0, words.NeverBegan, "systemd could not set it up (status 217, see systemd.exec(5))"},
		{"never ready", answer("failed", "timeout", "2", "15"), 0, words.TimedOut, "it took longer to start, to run or to stop than its unit allows"},
		{"ExecStartPre fails", command("ExecStartPre", "/bin/true", "no", "exited", "0") + command("ExecStartPre", "/bin/false", "no", "exited", "1") + answer("failed", "exit-code", "0", "0"), 0, words.NeverBegan, "its unit's start command /bin/false has failed (result exit-code)"},
		{"ExecStartPre fails, and the main process of an earlier start was killed", command("ExecStartPre", "/bin/false", "no", "exited", "1") + "ExecMainExitTimestampMonotonic=100\nInactiveExitTimestampMonotonic=200\nInactiveEnterTimestampMonotonic=300\n" + answer("failed", "exit-code", "2", "9"), 0, words.NeverBegan, "its unit's start command /bin/false has failed (result exit-code)"},
		{"ExecStart of Type=forking is killed", command("ExecStart", "/usr/sbin/x", "no", "killed", "9/KILL") + answer("failed", "signal", "0", "0"), 0, words.NeverBegan, "its unit's start command /usr/sbin/x has failed (result signal)"},
		{"ExecStop fails after the death", command("ExecStartPre", "/bin/true", "no", "exited", "0") + command("ExecStart", "/usr/sbin/postmulti", "no", "exited", "0") + answer("failed", "exit-code", "0", "0"), 0, CauseUnknown, ""},
		{"a failure that is ignored, and one of ExecStop", command("ExecStartPre", "/bin/false", "yes", "exited", "1") + answer("failed", "exit-code", "0", "0"), 0, CauseUnknown, ""},
		{"a command that was never run", command("ExecStart", "/usr/sbin/x", "no", "(null)", "0/0") + answer("failed", "exit-code", "0", "0"), 0, CauseUnknown, ""},
		{"watchdog", answer("failed", "watchdog", "2", "6"), 0, words.TimedOut, "it did not report to systemd's watchdog in time"},
		{"oom", answer("failed", "oom-kill", "2", "9"), 0, words.OutOfMemory, "its main process, or another of its service, was killed for want of memory"},
		{"start limit after crashes", answer("failed", "start-limit-hit", "1", "7"), 0, words.Exited, "its main process has exited with status 7"},
		{"a job that failed", answer("failed", "resources", "0", "0"), 0, words.NeverBegan, "systemd could not start it (result resources)"},
		{"it runs", answer("active", "success", "0", "0"), 0, CauseUnknown, ""},
		{"it waits for its restart", "SubState=auto-restart\n" + answer("activating", "signal", "2", "9"), 0, words.Signalled, "its main process was killed by SIGKILL"},
		{"the same of systemd 254", "SubState=auto-restart-queued\n" + answer("activating", "exit-code", "1", "3"), 0, words.Exited, "its main process has exited with status 3"},
		{"it is being started", "SubState=start-pre\n" + answer("activating", "signal", "2", "9"), 0, CauseUnknown, ""},
		{"a condition", answer("inactive", "exec-condition", "0", "0"), 0, words.NeverBegan, "a condition of its unit did not hold (ExecCondition=)"},
		{"no unit", answer("inactive", "success", "", ""), 0, CauseUnknown, ""},
		{"nonsense", "ActiveState=failed\nResult=signal\nExecMainCode=2\nExecMainStatus=SIGKILL\n", 0, CauseUnknown, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := &fakeRunner{t: t, answers: map[string]result{ask: {output: tc.answer, status: tc.status}}}
			m := on(systemd{systemctl: "/bin/systemctl"}, f)
			if got, err := m.Death(t.Context(), "x"); err != nil || got != (Death{tc.cause, tc.text, signalIn(tc.text), mainIn(tc.answer), 0, "journalctl -u x -n 50"}) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// A death has its time, where the machine tells how long it has been up: that of the main
// process, or else of the unit, if the main process is of an earlier start.
func TestDeathHasItsTime(t *testing.T) {
	if sinceBoot() == 0 {
		t.Skip("the time since the boot is not known here, or the machine was suspended")
	}
	ended := (sinceBoot() - time.Minute).Microseconds()
	const pre = "ExecStartPre={ path=/bin/false ; argv[]=/bin/false ; ignore_errors=no ; code=exited ; status=1 }\n"
	for name, tc := range map[string]struct {
		answer string
		ago    time.Duration
	}{
		"of its main process":            {fmt.Sprintf("ExecMainExitTimestampMonotonic=%d\nInactiveExitTimestampMonotonic=1\nInactiveEnterTimestampMonotonic=%d\n", ended, ended+30e6), time.Minute},
		"of a main process that is gone": {pre + fmt.Sprintf("ExecMainExitTimestampMonotonic=1\nInactiveExitTimestampMonotonic=2\nInactiveEnterTimestampMonotonic=%d\n", ended), time.Minute},
		"it runs":                        {fmt.Sprintf("MainPID=7\nExecMainExitTimestampMonotonic=%d\nInactiveExitTimestampMonotonic=1\n", ended), 0},
	} {
		answer := ""
		for line := range strings.Lines("MainPID=0\nActiveState=failed\nResult=exit-code\nExecMainPID=77\nExecMainCode=1\nExecMainStatus=3\n" + tc.answer) {
			if key, _, _ := strings.Cut(line, "="); slices.Contains(strings.Split(deathProps, ","), key) { // systemd tells what it is asked for
				answer += line
			}
		}
		f := &fakeRunner{t: t, answers: map[string]result{"/bin/systemctl show -p " + deathProps + " x.service": {output: answer}}}
		got, err := on(systemd{systemctl: "/bin/systemctl"}, f).Death(t.Context(), "x")
		if err != nil || (got.Ago-tc.ago).Abs() > 10*time.Second {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Who cannot be asked is not a witness.
func TestDeathWithoutAWitness(t *testing.T) {
	const ask = "/bin/systemctl show -p ActiveState,SubState,Result,MainPID,ExecMainCode,ExecMainStatus,ExecStartPre,ExecStart," + lifeProps + " x.service"
	f := &fakeRunner{t: t, answers: map[string]result{ask: {output: "Failed to connect to bus", status: 1}}}
	m := on(systemd{systemctl: "/bin/systemctl"}, f)
	if got, err := m.Death(t.Context(), "x"); err == nil || got != (Death{Cause: CauseUnknown}) {
		t.Errorf("a refusal: %+v, %v", got, err)
	}
	f.queryErr = errors.New("it hangs")
	if got, err := m.Death(t.Context(), "x"); err == nil || got != (Death{Cause: CauseUnknown}) {
		t.Errorf("a failure: %+v, %v", got, err)
	}
	m = on(program{path: "/svc"}, f)
	if got, err := m.Death(t.Context(), "x"); err != nil || got != (Death{Cause: CauseUnknown}) {
		t.Errorf("another manager: %+v, %v", got, err)
	}
}

func mainIn(answer string) int {
	if strings.Contains(answer, "ExecMainPID=77") && !strings.Contains(answer, "InactiveExitTimestampMonotonic=200\n") {
		return 77
	}
	return 0
}

// signalIn is the signal that a text of death names, or that its status stands for.
func signalIn(text string) int {
	for name, number := range map[string]int{"SIGKILL": 9, "SIGTERM": 15, "SIGSEGV": 11, "SIGABRT": 6, "signal 40": 40, "with status 143": 15} {
		if strings.Contains(text, name) {
			return number
		}
	}
	return 0
}
