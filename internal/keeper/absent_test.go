package keeper

import (
	"errors"
	"strings"
	"testing"

	"daemon-keeper/check/proctable"
	"daemon-keeper/rcd"
)

// No process of the daemon counts: is it down?
func TestAbsence(t *testing.T) {
	active := rcd.Condition{State: rcd.Running, Main: 417}
	main := &proctable.Process{PID: 417, Exe: "/opt/app/r1/app"}
	lead := []proctable.Process{{PID: 5, Exe: "/usr/bin/python3.11", Script: "/opt/app/r1/app.py", ScriptFile: proctable.FileID{Dev: 1, Ino: 2}}}
	for _, tc := range []struct {
		name string
		a    absence
		want string // what the error says; "": it is down
	}{
		{"nothing is known", absence{}, ""},
		{"its service has failed", absence{cond: rcd.Condition{State: rcd.Stopped}}, ""},
		{"its service is active, nothing is remembered", absence{cond: active, main: main}, "process counts, yet service x is active, and its main process 417 runs /opt/app/r1/app"},
		{"its service is active, and what is remembered still runs", absence{cond: active, main: main, later: true}, "service x is active"},
		{"it has died, and its wrapper waits", absence{cond: active, main: main, ended: true}, ""},
		{"it was restarted, and the path has moved", absence{cond: active, main: main, ended: true, later: true}, "service x is active"},
		{"its main process may still become it", absence{cond: active, main: main, starts: true}, ""},
		{"it has not become it", absence{cond: active, main: main, lacks: "another user's"}, "main process 417 runs /opt/app/r1/app, and does not count (another user's)"},
		{"it was restarted, and its main process may still become it", absence{cond: active, main: main, starts: true, ended: true, later: true}, ""},
		{"the manager's main process has ended", absence{cond: active}, ""},
		{"active without a main process", absence{cond: rcd.Condition{State: rcd.Running}}, ""},
		{"activating", absence{cond: rcd.Condition{Main: 417}, main: main}, ""},
		{"one was started by the path", absence{leads: lead}, "process 5 was started as /opt/app/current/app and runs /opt/app/r1/app.py, which is another file now"},
		{"one was started by the path, and the daemon has died", absence{leads: lead, ended: true}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.a.name, tc.a.service, tc.a.spec.Executable = "app", "x", "/opt/app/current/app"
			err := tc.a.doubt()
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
			var hinted interface{ Hint() string }
			if err != nil && (!errors.As(err, &hinted) || hinted.Hint() == "") {
				t.Errorf("%v has no hint", err)
			}
		})
	}
}
