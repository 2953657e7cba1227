package keeper

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
)

func faulty(v check.Verdict, a check.Aspect, s check.Severity, text string) check.Verdict {
	v.Faults = append(v.Faults, check.Fault{Aspect: a, Severity: s, Text: text})
	return v
}

// Each row is a verdict on a rule or on a daemon that is not restarted for it.
func TestVerdictsThatRestartNothing(t *testing.T) {
	none := check.Verdict{State: check.Up}
	for _, tc := range []struct {
		name    string
		rule    bool
		verdict check.Verdict
		want    report.Daemon // but for its name
		status  report.Status
		alone   string // the only line of the log if there is no other daemon
		among   string // and if there is one
	}{
		{"a rule is kept", true, none, report.Daemon{Result: report.Clear}, report.OK, "INFO 'x' is kept", ""},
		{
			"a rule is broken", true, faulty(up(7), check.TooMany, check.Alarm, "1 process, and none may be (pid 7)"),
			report.Daemon{Result: report.Wrong, Reason: "1 process, and none may be (pid 7)", Processes: []report.Process{{PID: 7}}},
			report.Failed,
			"ERROR 'x' is broken: 1 process, and none may be (pid 7)", "ERROR 'x' is broken: 1 process, and none may be (pid 7)",
		},
		{"a rule lets one pass", true, up(7), report.Daemon{Result: report.Clear, Processes: []report.Process{{PID: 7}}}, report.OK, "INFO 'x' is kept", ""},
		{
			"a rule cannot be judged", true, unclear(errors.New("clouded")),
			report.Daemon{Reason: "'x': clouded"},
			report.Unclear,
			"ERROR 'x': clouded; nothing was touched", "ERROR 'x': clouded; nothing was touched",
		},
		{
			"a rule wants one more", true, faulty(none, check.TooFew, check.Alarm, "no process, and at least 1 should be"),
			report.Daemon{Result: report.Wrong, Reason: "no process, and at least 1 should be"},
			report.Failed,
			"ERROR 'x' is broken: no process, and at least 1 should be", "ERROR 'x' is broken: no process, and at least 1 should be",
		},
		{"a daemon that should not run, and does not", false, none, report.Daemon{Result: report.Clear}, report.OK, "INFO 'x' is not running, as it should be", ""},
		{
			"too many", false, faulty(up(7), check.TooMany, check.Alarm, "2 processes, and at most 1 may be"),
			report.Daemon{Result: report.Wrong, Reason: "2 processes, and at most 1 may be", Processes: []report.Process{{PID: 7}}},
			report.Failed,
			"ERROR 'x' is wrong: 2 processes, and at most 1 may be", "ERROR 'x' is wrong: 2 processes, and at most 1 may be",
		},
		{
			"a limit that only warns", false, faulty(up(7), check.Memory, check.Warn, "process 7 has 2 GiB in memory, more than 1 GiB"),
			report.Daemon{Result: report.Up, Processes: []report.Process{{PID: 7}}, Notices: []string{"process 7 has 2 GiB in memory, more than 1 GiB"}},
			report.OK,
			"INFO 'x' is running (pid 7)", "WARNING 'x': process 7 has 2 GiB in memory, more than 1 GiB",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, alone := range []bool{true, false} {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					x := w.rule("x", tc.verdict)
					if x.Spec.Rule = tc.rule; !tc.rule {
						x.Services = []string{"sx"}
					}
					daemons, line := []Daemon{x}, tc.alone
					if !alone {
						daemons, line = append(daemons, w.isUp("other", "s")), tc.among
					}
					r := w.run(t, t.Context(), daemons...)["x"]
					wantResult(t, r, tc.want.Result, tc.want.Reason)
					if r.Status() != tc.status {
						t.Errorf("status %d, want %d", r.Status(), tc.status)
					}
					if r.Reason != tc.want.Reason || !slices.Equal(r.PIDs(), tc.want.PIDs()) || !slices.Equal(r.Notices, tc.want.Notices) || r.Rule != tc.rule {
						t.Errorf("%+v, want %+v", r, tc.want)
					}
					if line != "" && w.log[0] != line {
						t.Errorf("the log says %q, want %q", w.log, line)
					}
					w.untouched(t)
					if len(w.lookedAt) != 1 {
						t.Errorf("looked %d times", len(w.lookedAt))
					}
				})
			}
		})
	}
}

// restart_on: [too_many]
func TestTooManyIsRestartedIfToldSo(t *testing.T) {
	for _, ill := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			d := w.isUp("x", "sx")
			v := faulty(up(7), check.TooMany, check.Restart, "2 processes, and at most 1 may be")
			v.State = check.Down
			w.toy("x").verdict, w.toy("x").ill = &v, ill
			r := w.run(t, t.Context(), d)["x"]
			if got := w.did(); got != "stop sx,start sx" {
				t.Errorf("did %s", got)
			}
			if r.Trouble != "2 processes, and at most 1 may be" {
				t.Errorf("trouble %q", r.Trouble)
			}
			if ill {
				wantResult(t, r, report.StillDown, "within 30s it did not get well")
				return
			}
			wantResult(t, r, report.BroughtBack, "")
			wantInOrder(t, w.log, []string{"WARNING 'x' is not well: 2 processes, and at most 1 may be", "INFO 'x' is running again"})
		})
	}
}

// Rules and daemons are looked at together, and the worst counts.
func TestRulesAmongDaemons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		reports := w.run(
			t, t.Context(), w.isUp("a", "sa"), w.add("b", "sb"), w.rule("kept", check.Verdict{State: check.Up}),
			w.rule("broken", faulty(up(3), check.TooMany, check.Alarm, "1 process")),
		)
		wantResult(t, reports["b"], report.BroughtBack, "")
		if n := len(w.lookedAt[0].specs); n != 4 {
			t.Errorf("the first look was at %d", n)
		}
		wantInOrder(t, w.log, []string{"ERROR 'broken' is broken: 1 process", "WARNING 'b' is not running", "INFO 2 of 4"})
		if want := []string{"ERROR 'broken' is broken: 1 process"}; !slices.Equal(w.recorded, want) {
			t.Errorf("recorded %q, not %q: cron would mail what stays wrong each minute, where there is no syslog", w.recorded, want)
		}
	})
}

// Regression: a busy process that its service could not stop was "up again",
// because no look behind a restart watches the CPU.
func TestBusyProcessThatSurvivesIsNotBack(t *testing.T) {
	busy := check.Verdict{
		State: check.Down, Matches: up(7).Matches,
		Faults: []check.Fault{{Aspect: check.CPU, Severity: check.Restart, Text: "busy"}},
	}
	for _, tc := range []struct {
		after  int
		result report.Result
		reason string
	}{
		{7, report.StillDown, "within 30s it did not get well: no other process than before (pid 7)"},
		{8, report.BroughtBack, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := &machine{looks: []check.Verdict{busy, busy, busy, up(tc.after)}}
			r := newKeeper(t, m).Run(t.Context(), []Daemon{daemon("a")})[0]
			if r.Result != tc.result || r.Reason != tc.reason {
				t.Errorf("pid %d: result %v because %q", tc.after, r.Result, r.Reason)
			}
		})
	}
}
