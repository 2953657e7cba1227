package report

import (
	"strings"
	"testing"
	"time"
)

// TestSvstat: the order and the words are those of daemontools.
func TestSvstat(t *testing.T) {
	now := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	up := []Process{{PID: 723, Started: now.Add(-28390*time.Second - time.Millisecond)}}
	sv := func(s Supervised) []Service { return []Service{{Name: "svc:a", Supervised: &s}} }
	for _, tt := range []struct {
		d    Daemon
		want string
	}{
		{Daemon{Result: Up, Processes: up}, "up (pid 723) 28390 seconds"},
		{Daemon{Result: Up, Processes: up, Services: sv(Supervised{WantUp: true})}, "up (pid 723) 28390 seconds"},
		{Daemon{Result: Up, Processes: up, Services: sv(Supervised{NormallyDown: true, Paused: true, WantDown: true})}, "up (pid 723) 28390 seconds, normally down, paused, want down"},
		{Daemon{Result: Up, Processes: []Process{{PID: 7, Stopped: true}}}, "up (pid 7), paused"},
		{Daemon{Result: Up, Processes: up, Services: sv(Supervised{WantUp: true, Word: "running"})}, "up (pid 723) 28390 seconds, running"},
		{Daemon{Result: StillDown, DownSince: now.Add(-12 * time.Second)}, "down 12 seconds, normally up, want up"},
		{Daemon{Result: Held, Hold: "stopped", DownSince: now.Add(-12 * time.Second)}, "down 12 seconds, normally up"},
		{Daemon{Result: Held, Hold: "disabled"}, "down"},
		{Daemon{Result: StillDown, DownSince: now, Services: sv(Supervised{NormallyDown: true, WantUp: true})}, "down 0 seconds, want up"},
		{Daemon{Result: Up}, "up"},
		{Daemon{Reason: "cannot look"}, "unable to tell: cannot look"},
	} {
		var out, err strings.Builder
		tt.d.Name = "a"
		Svstat{&out, &err, now}.Write(Report{Daemons: []Daemon{tt.d, {Name: "rule", Rule: true, Result: Clear}}})
		if out.String() != "a: "+tt.want+"\n" || err.Len() > 0 {
			t.Errorf("%q, want %q; %s", out.String(), tt.want, err.String())
		}
	}
	var out, err strings.Builder
	Svstat{&out, &err, now}.Write(Report{Mistakes: []Mistake{{Text: "x", Hint: "y"}}})
	if out.Len() > 0 || err.String() != "daemon-keeper: error: x\ndaemon-keeper: hint: y\n" {
		t.Errorf("%q, %q", out.String(), err.String())
	}
}
