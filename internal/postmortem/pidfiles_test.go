package postmortem

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

// Which pidfiles are told of a dead daemon, and in which words.
func TestPIDFiles(t *testing.T) {
	started := time.Date(2026, 11, 27, 20, 0, 0, 0, time.Local)
	dead := Dead{Daemon: "clamd", PIDFile: "/run/clamd.pid", Processes: []words.Process{
		{PID: 29789, Threads: []int{29789, 29790, 29791}, Started: started},
		{PID: 29800, Started: started},
	}}
	unknown := dead
	unknown.Processes = []words.Process{{PID: 29789, Threads: []int{29791}}}
	rebooted := dead
	rebooted.Rebooted = true
	before, after := time.Date(2026, 11, 27, 19, 3, 0, 0, time.Local), started.Add(time.Minute)
	const thread = `29791 was not a process but a thread of clamd (29789): a stale pidfile names it: /run/otherd.pid, written 2026-11-27 `
	const next = "grep -rl otherd.pid /etc/logrotate.d /etc/init.d /etc/cron.d /etc/systemd"
	for _, tc := range []struct {
		name       string
		dead       Dead
		file       PIDFile
		text, next string
		main       bool
	}{
		{"a thread, written before", dead, PIDFile{"/run/otherd.pid", 29791, before}, thread + "19:03, before it started", next, true},
		{"a thread, written since", dead, PIDFile{"/run/otherd.pid", 29791, after}, thread + "20:01", next, true},
		{"a thread, in the daemon's own file", dead, PIDFile{"/run/clamd.pid", 29791, after}, "29791 was not a process but a thread of clamd (29789): a stale pidfile names it: /run/clamd.pid, written 2026-11-27 20:01", strings.ReplaceAll(next, "otherd", "clamd"), true},
		{"it is not known when it started", unknown, PIDFile{"/run/otherd.pid", 29791, before}, thread + "19:03", next, true},
		{"its own", dead, PIDFile{"/run/clamd.pid", 29789, after}, "", "", false},
		{"its own, written before, as a script does that becomes the daemon", dead, PIDFile{"/run/clamd.pid", 29789, before}, "", "", false},
		{"its own, of which the configuration does not know", dead, PIDFile{"/run/clamav/clamd.pid", 29789, after}, "", "", false},
		{"its own, written within the same tick", dead, PIDFile{"/run/x.pid", 29789, started.Add(-time.Second)}, "", "", false},
		{"another's, of its number", dead, PIDFile{"/run/otherd.pid", 29789, before}, "29789 was clamd (29789): a stale pidfile names it: /run/otherd.pid, written 2026-11-27 19:03, before it started", next, true},
		{"another's, of a worker's number", dead, PIDFile{"/run/otherd.pid", 29800, before}, "29800 was clamd (29800): a stale pidfile names it: /run/otherd.pid, written 2026-11-27 19:03, before it started", next, false},
		{"of its number, and it is not known when it started", unknown, PIDFile{"/run/otherd.pid", 29789, before}, "", "", false},
		{"another number", dead, PIDFile{"/run/otherd.pid", 29792, before}, "", "", false},
		{"after a reboot", rebooted, PIDFile{"/run/otherd.pid", 29791, before}, "", "", false},
		{"a hostile name", dead, PIDFile{"/run/$(reboot)\n\x1b[2J.pid", 29791, after}, `29791 was not a process but a thread of clamd (29789): a stale pidfile names it: /run/$(reboot)\x0a\x1b[2J.pid, written 2026-11-27 20:01`, "", true},
		{"a name that is an option", dead, PIDFile{"/run/-f.pid", 29791, after}, strings.ReplaceAll(thread, "otherd", "-f") + "20:01", "", true},
		{"pid, of which there are many", dead, PIDFile{"/run/otherd/pid", 29791, after}, strings.ReplaceAll(thread, "otherd.pid", "otherd/pid") + "20:01", strings.ReplaceAll(next, "otherd.pid", "run/otherd/pid"), true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var asked []int
			named := Naming(func(_ context.Context, numbers []int) ([]PIDFile, error) {
				asked = numbers
				return []PIDFile{tc.file}, nil
			})
			list, err := named.ask(t.Context(), tc.dead)
			if err != nil || (len(list) > 0) != (tc.text != "") || len(list) > 1 {
				t.Fatalf("%+v, %v", list, err)
			}
			if tc.dead.Rebooted == slices.Contains(asked, 29791) {
				t.Errorf("asked for %v", asked)
			}
			if len(list) == 1 {
				want := Finding{Cause: words.UnknownCause, Text: tc.text, Next: tc.next, Main: tc.main, Aside: true, Sure: Likely, Source: "pidfiles"}
				if list[0] != want {
					t.Errorf("got\n%+v, want\n%+v", list[0], want)
				}
			}
		})
	}
}

// Whoever writes the number into a thousand files fills no mail; what was found until the
// time was over is told.
func TestManyPIDFiles(t *testing.T) {
	late := errors.New("late")
	named := Naming(func(context.Context, []int) ([]PIDFile, error) {
		return slices.Repeat([]PIDFile{{"/run/x/y.pid", 8, time.Now()}}, 1000), late
	})
	list, err := named.ask(t.Context(), Dead{Daemon: "x", Processes: []words.Process{{PID: 7, Threads: []int{8}}}})
	if len(list) != mostPIDFiles || !errors.Is(err, late) {
		t.Errorf("%d, %v", len(list), err)
	}
}
