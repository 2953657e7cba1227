package keeper

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/report"
	"daemon-keeper/restart"
)

// What is said of a daemon that did not come back is what was wrong at the last look.
func TestWhyStillDown(t *testing.T) {
	p := restart.Procedure{Verify: 30 * time.Second, Settle: 2 * time.Second}
	fat := check.Verdict{
		Matches: []check.Match{{Process: proctable.Process{PID: 7, Exe: "/x"}}},
		Faults:  []check.Fault{{Aspect: check.Memory, Severity: check.Restart, Text: "process 7 uses 2 GiB of memory"}},
	}
	halted := fat
	halted.Matches = []check.Match{{Process: proctable.Process{PID: 7, Exe: "/x", Stopped: true}}}
	for _, tc := range []struct {
		name    string
		outcome restart.Outcome
		last    check.Verdict
		said    string
		want    string
	}{
		{"nothing runs", restart.Outcome{}, check.Verdict{}, "", "it did not appear within 30s"},
		{"it ended again", restart.Outcome{Lost: 2}, check.Verdict{}, "", "it came up 2 times and did not stay up for 2s"},
		{"it was not well again", restart.Outcome{Lost: 1}, fat, "process 6 uses 2 GiB of memory", "it came up once and was not well for 2s: process 7 uses 2 GiB of memory"},
		{"it is as it was", restart.Outcome{}, fat, "process 7 uses 2 GiB of memory", "within 30s it did not get well"},
		{"it is unwell in another way", restart.Outcome{}, fat, "it refuses", "within 30s it did not get well: process 7 uses 2 GiB of memory"},
		{"it was stopped", restart.Outcome{}, halted, "", "within 30s it did not get well: process 7 uses 2 GiB of memory; process 7 of '/x' is stopped by a signal or a debugger"},
		{"interrupted", restart.Outcome{Lost: 1, Interrupted: true}, fat, "", "this run was interrupted"},
	} {
		if got := whyStillDown(tc.outcome, p, tc.last, tc.said); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// The report of a daemon that was stopped by a signal says so: it neither answers nor ends.
func TestStoppedDaemonIsSaidToBeStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := w.isUp("a", "s")
		w.barren("s")
		w.toy("a").verdict = &check.Verdict{
			State:   check.Down,
			Matches: []check.Match{{Process: proctable.Process{PID: 7, Exe: "/toys/a", Stopped: true}}},
			Faults:  []check.Fault{{Aspect: check.Listening, Severity: check.Restart, Text: "tcp://127.0.0.1:1 does not answer"}},
		}
		r := w.run(t, t.Context(), d)["a"]
		wantResult(t, r, report.StillDown, "")
		if want := "tcp://127.0.0.1:1 does not answer; process 7 of '/toys/a' is stopped by a signal or a debugger"; r.Trouble != want || !strings.Contains(w.logged(), want) {
			t.Errorf("trouble %q, the log says\n%s", r.Trouble, w.logged())
		}
	})
}

// A main process that was started in the daemon's place is named; one of before is not.
func TestWhatCameUpInItsPlace(t *testing.T) {
	for age, want := range map[time.Duration]string{
		time.Second: "it did not appear within 30s: signal 9; process 777 was started meanwhile and does not count (/usr/bin/python3.11): the main process of service 'a', and another program",
		time.Hour:   "it did not appear within 30s: signal 9",
	} {
		synctest.Test(t, func(t *testing.T) {
			f, d := newFamily(t)
			d.Verify = 30 * time.Second
			f.world.again(t, d)
			f.isKilled()
			f.workers, f.revives = nil, false
			f.brings = &proctable.Process{PID: 777, Exe: "/usr/bin/python3.11", Usage: proctable.Usage{Age: age}}
			if r := f.world.again(t, d)["a"]; r.Result != report.StillDown || r.Reason != want {
				t.Errorf("%v: result %d because %q, want %q", age, r.Result, r.Reason, want)
			}
		})
	}
}
