package report

import (
	"bytes"
	"testing"
	"time"
)

func TestWorstStatusCounts(t *testing.T) {
	for _, tc := range []struct {
		results []Result
		want    Status
	}{
		{nil, OK},
		{[]Result{Up, Held}, OK},
		{[]Result{Up, BroughtBack, Up}, Restored},
		{[]Result{BroughtBack, CannotTell}, Unclear},
		{[]Result{CannotTell, StillDown, BroughtBack}, Failed},
	} {
		var r Report
		for _, res := range tc.results {
			r.Daemons = append(r.Daemons, Daemon{Result: res})
		}
		if got := r.Status(); got != tc.want {
			t.Errorf("%v: status %d, want %d", tc.results, got, tc.want)
		}
	}
}

var (
	up   = Daemon{Name: "/sbin/x", Result: Up, Processes: []Process{{PID: 723}}, Notices: []string{"process 723 is stopped"}}
	back = Daemon{Name: "/sbin/x", Result: BroughtBack, Processes: []Process{{PID: 9}, {PID: 10}}, Took: 2100 * time.Millisecond, Steps: []Step{
		{Verb: "stop", Service: "a", Took: 40 * time.Millisecond}, {Verb: "start", Service: "a", Took: 90 * time.Second, Slow: true, Err: "time"},
	}}
	held   = Daemon{Name: "/sbin/x", Result: Held, Reason: "another run is at work"}
	busy   = Daemon{Name: "/sbin/x", Result: Held, Busy: true, Reason: "another run is at work"}
	failed = Daemon{Name: "/sbin/x", Result: StillDown, Reason: "it did not appear within 30s", Hint: "look", Steps: []Step{
		{Verb: "start", Service: "a", Took: time.Second, Err: "cannot start", Output: []string{"\x1b[31mred", "config: line 3"}},
		{Verb: "start", Service: "b", Skipped: true, Err: "it is masked", Hint: "systemctl unmask b.service"},
	}}
	unclear = Daemon{Name: "/sbin/x", Reason: "cannot trust\nthe process table", Hint: "mount /proc"}
	dry     = Daemon{Name: "/sbin/x", Result: StillDown, Reason: "dry run", Plan: []Plan{{Argv: []string{"/usr/sbin/service", "a", "stop"}, Timeout: time.Minute}}}
	looked  = Daemon{Name: "/sbin/x", Result: Up, Processes: []Process{{PID: 1}}, Details: []Detail{{1, "root", "/sbin/x", true, "it is"}, {2, "root", "", false, "a zombie"}}}
)

func TestTextForPeople(t *testing.T) {
	for _, tc := range []struct {
		name        string
		face        Text
		daemon      Daemon
		out, stderr string
	}{
		{"all is well, for cron", Text{}, up, "", ""},
		{"all is well, at a terminal", Text{Terminal: true}, up, "'/sbin/x' is up (pid 723)\n  process 723 is stopped\n", ""},
		{"all is well, quiet", Text{Terminal: true, Quiet: true}, up, "", ""},
		{"brought back", Text{}, back, "'/sbin/x' was down and is up again (pids 9 10), after 2.1 s\n" +
			"  stop  a  40 ms\n  start a  1m30s  slow: it has not ended in time, but the daemon is up\n", ""},
		{"brought back, quiet", Text{Quiet: true}, back, "", ""},
		{"held", Text{}, held, "'/sbin/x' is down and left alone: another run is at work\n", ""},
		{"held, quiet", Text{Quiet: true}, held, "", ""},
		{"held, and the log has it", Text{Syslog: true}, held, "'/sbin/x' is down and left alone: another run is at work\n", ""},
		{"busy, and the log has it", Text{Syslog: true}, busy, "", ""},
		{"busy, without a system log", Text{}, busy, "'/sbin/x' is down: another run is at work\n", ""},
		{"busy, at a terminal", Text{Syslog: true, Terminal: true}, busy, "'/sbin/x' is down: another run is at work\n", ""},
		{"still down", Text{}, failed, "'/sbin/x' is down: it did not appear within 30s\n" +
			"  start a  1.0 s  failed: cannot start\n        | \\x1b[31mred\n        | config: line 3\n" +
			"  start b  not tried: it is masked\n        hint: systemctl unmask b.service\n  hint: look\n", ""},
		{"still down, quiet", Text{Quiet: true}, failed, "'/sbin/x' is down: it did not appear within 30s\n", ""},
		{"still down, in colour", Text{Quiet: true, Color: true}, failed, "'/sbin/x' is \x1b[31mdown\x1b[0m: it did not appear within 30s\n", ""},
		{"cannot tell", Text{}, unclear, "", "daemon-keeper: error: cannot trust\\x0athe process table\ndaemon-keeper: hint: mount /proc\n"},
		{"dry run", Text{}, dry, "'/sbin/x' is down: dry run\na run that may act would now do:\n  /usr/sbin/service a stop   (at most 1m)\n", ""},
		{"verbose", Text{Verbose: true}, looked, "'/sbin/x' is up (pid 1)\n  counts   pid 1 /sbin/x: it is\n  excluded pid 2 (no executable): a zombie\n", ""},
		{"verbose, nothing found", Text{Verbose: true}, held, "'/sbin/x' is down and left alone: another run is at work\n  no process has its name\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, stderr bytes.Buffer
			tc.face.Out, tc.face.Err = &out, &stderr
			tc.face.Write(Report{Daemons: []Daemon{tc.daemon}})
			if out.String() != tc.out {
				t.Errorf("stdout\n%q, want\n%q", &out, tc.out)
			}
			if stderr.String() != tc.stderr {
				t.Errorf("stderr\n%q, want\n%q", &stderr, tc.stderr)
			}
		})
	}
}

func TestPIDList(t *testing.T) {
	if got := PIDList([]int{1, 2, 3, 4, 5, 6, 7}); got != "pids 1 2 3 4 5 and 2 more" {
		t.Error(got)
	}
}
