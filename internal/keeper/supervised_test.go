package keeper

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

// TestFlapsIn: starts are counted over the time that counts.
func TestFlapsIn(t *testing.T) {
	now := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	ago := func(list ...int) []time.Time {
		var starts []time.Time
		for _, s := range list {
			starts = append(starts, now.Add(-time.Duration(s)*time.Second))
		}
		return starts
	}
	for _, tt := range []struct {
		name   string
		starts []time.Time
		life   time.Duration
		want   string
	}{
		{"none", nil, 0, ""},
		{"a few", ago(3, 2, 1), 0, ""},
		{"too many", ago(240, 180, 120, 60), 0, "restarted 4 times in 4m by its supervisor (runsv)"},
		{"at once", ago(4, 3, 2, 1), 300 * time.Millisecond, "restarted 4 times in 4 s by its supervisor (runsv), dies after 0.3 s"},
		{"long ago", ago(900, 800, 700, 600), 0, ""},
		{"one of them long ago", ago(900, 3, 2, 1), 0, ""},
		{"in the future, by a clock that was set", ago(-10, -20, -30, -40), 0, ""},
	} {
		if got := flapsIn(tt.starts, now, 5*time.Minute, "runsv", tt.life); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// supervisedWorld has a daemon that is down, with a supervisor that says what the test wants.
func supervisedWorld(t *testing.T, says func(time.Time) *rcd.Supervision) (*world, Daemon) {
	t.Helper()
	w := newWorld(t)
	d := w.add("toy", "svc:toy")
	w.remembers(t)
	w.keeper.Supervised = func(context.Context, string) (*rcd.Supervision, error) { return says(time.Now()), nil }
	return w, d
}

// TestFlapping: a daemon that its supervisor starts again and again is an alarm, and nobody
// restarts it once more.
func TestFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := supervisedWorld(t, func(now time.Time) *rcd.Supervision {
			second := now.Truncate(time.Second) // it starts with each second, and lives for a third of one
			s := &rcd.Supervision{By: "runsv", Watched: true, WantUp: true, At: second, Up: now.Sub(second) < 300*time.Millisecond}
			if !s.Up {
				s.At = second.Add(300 * time.Millisecond)
			}
			return s
		})
		got := w.run(t, t.Context(), d)["toy"]
		if got.Result != report.StillDown || !strings.HasPrefix(got.Reason, "flapping: restarted 4 times in ") || !strings.HasSuffix(got.Reason, "by its supervisor (runsv), dies after 0.3 s") {
			t.Errorf("%v: %s", got.Result, got.Reason)
		}
		w.untouched(t)
		if !strings.Contains(w.logged(), "'toy' is flapping: ") {
			t.Errorf("the log says\n%s", w.logged())
		}
		w.log = nil
		if got := w.again(t, d)["toy"]; got.Result != report.StillDown || !got.Known || strings.Contains(w.logged(), "flapping") {
			t.Errorf("once more: %v, %v\n%s", got.Result, got.Known, w.logged())
		}
	})
}

// TestSupervisorGivesUp: what its supervisor does not start is restarted as any other daemon.
func TestSupervisorGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now().Add(-time.Hour)
		w, d := supervisedWorld(t, func(time.Time) *rcd.Supervision {
			return &rcd.Supervision{By: "runsv", Watched: true, WantUp: true, At: began}
		})
		if got := w.run(t, t.Context(), d)["toy"]; got.Result != report.BroughtBack {
			t.Errorf("%v: %s", got.Result, got.Reason)
		}
	})
}

// TestFlappedBefore: what was started too often some minutes ago and stays down since is not
// flapping any more, and a restart of ours is not a death that counts.
func TestFlappedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := time.Now().Add(-4 * time.Minute)
		w, d := supervisedWorld(t, func(time.Time) *rcd.Supervision {
			s := &rcd.Supervision{By: "s6-supervise", Watched: true, WantUp: true, At: ended}
			for i := range 5 {
				s.Deaths = append(s.Deaths, ended.Add(-time.Duration(i)*5*time.Second))
			}
			return s
		})
		if got := w.run(t, t.Context(), d)["toy"]; got.Result != report.BroughtBack {
			t.Errorf("%v: %s", got.Result, got.Reason)
		}
	})
	now := time.Now()
	r := &task{pass: &pass{Keeper: &Keeper{}, memory: new(memory)}, daemon: daemon("toy")}
	s := &rcd.Supervision{By: "s6-supervise", Up: true, At: now}
	for i := range 4 {
		s.Deaths = append(s.Deaths, now.Add(-time.Duration(i+1)*30*time.Second))
	}
	if text := r.flapText(s, 0); text == "" {
		t.Error("four deaths in two minutes are none too many")
	}
	r.past.Stops = map[string]past.Span{"toy": {From: past.Stamp{Time: now.Add(-4 * time.Minute)}, To: past.Stamp{Time: now}}}
	r.past.Tally.Last = past.Stamp{Time: now}
	if text := r.flapText(s, 0); text != "" {
		t.Errorf("deaths of our own restarts: %s", text)
	}
}

// TestSupervisedUp: a daemon that is up may have been started too often, and may have nobody
// who reads what it writes.
func TestSupervisedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := rcd.Supervision{By: "runsv", Watched: true, WantUp: true, Up: true, At: time.Now()}
		w, _ := supervisedWorld(t, func(time.Time) *rcd.Supervision { answer := s; return &answer })
		d := w.isUp("toy", "svc:toy")
		if got := w.run(t, t.Context(), d)["toy"]; got.Result != report.Up {
			t.Errorf("%v: %s", got.Result, got.Reason)
		}
		for range 3 {
			time.Sleep(time.Minute)
			s.At = time.Now()
			w.again(t, d)
		}
		if got := w.again(t, d)["toy"]; got.Result != report.Wrong || !strings.Contains(got.Reason, "restarted 4 times in 3m") {
			t.Errorf("started each minute: %v: %s", got.Result, got.Reason)
		}
		time.Sleep(10 * time.Minute)
		if got := w.again(t, d)["toy"]; got.Result != report.Up {
			t.Errorf("calm again: %v: %s", got.Result, got.Reason)
		}
		s.Log = "its log service does not run"
		if got := w.again(t, d)["toy"]; got.Result != report.Wrong || got.Reason != s.Log {
			t.Errorf("no log: %v: %s", got.Result, got.Reason)
		}
		s.Log, s.Watched, s.Folder = "", false, "/service/toy"
		if got := w.again(t, d)["toy"]; got.Result != report.Up || len(got.Notices) != 1 || !strings.Contains(got.Notices[0], "no runsv runs for /service/toy") {
			t.Errorf("no supervisor: %v: %q", got.Result, got.Notices)
		}
	})
}

// TestScannerIsGone: a daemon that is down, and whose supervisor nobody starts again, says so.
func TestScannerIsGone(t *testing.T) {
	for _, args := range [][]string{nil, {"/usr/bin/runsvdir", "-P", "/etc/service"}} {
		synctest.Test(t, func(t *testing.T) {
			w, d := supervisedWorld(t, func(time.Time) *rcd.Supervision {
				return &rcd.Supervision{By: "runsv", Scanner: "runsvdir", Folder: "/etc/service/toy", Watched: true, WantUp: true, At: time.Now().Add(-time.Hour)}
			})
			w.keeper.Commands = func(_ context.Context, is func([]string) bool) ([]proctable.Command, error) {
				if !is(args) {
					return nil, nil
				}
				return []proctable.Command{{PID: 7, Args: args}}, nil
			}
			got := w.run(t, t.Context(), d)["toy"]
			const gone = "no runsvdir runs: nobody starts runsv for /etc/service/toy when that has ended"
			if got.Result != report.BroughtBack || slices.Contains(got.Notices, gone) != (args == nil) {
				t.Errorf("%v: %v: %q", args, got.Result, got.Notices)
			}
		})
	}
}

// TestMayKill: what another daemon of the same service does not allow is not done.
func TestMayKill(t *testing.T) {
	for _, tt := range []struct {
		leftovers []string
		want      bool
	}{
		{[]string{EndLeftovers}, true},
		{[]string{ReportLeftovers}, false},
		{[]string{EndLeftovers, EndLeftovers}, true},
		{[]string{EndLeftovers, ReportLeftovers}, false},
		{nil, false},
	} {
		p := new(pass)
		for _, l := range tt.leftovers {
			r := &task{daemon: Daemon{Leftovers: l}}
			r.daemon.Services = []string{"svc:a"}
			p.tasks = append(p.tasks, r)
		}
		if got := p.mayKill("svc:a"); got != tt.want {
			t.Errorf("%v: %v", tt.leftovers, got)
		}
	}
}
