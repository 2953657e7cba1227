package keeper

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

// A boot is waited for, but one that never ends keeps no daemon down: the job that it
// waits for is named, once. A unit that is queued behind it waits no more; one that is
// being started does.
func TestBootHasALimit(t *testing.T) {
	stuck := rcd.Boot{For: 2*time.Hour + 55*time.Minute, See: "systemctl list-jobs", Jobs: []rcd.Job{{ID: 17, Unit: "fsck-forever.service"}}}
	for _, tc := range []struct {
		name   string
		boot   rcd.Boot
		err    error
		limit  time.Duration
		work   *rcd.Work
		result report.Result
		why    string
	}{
		{"within its limit", rcd.Boot{For: 9 * time.Minute, See: "rc-status", Jobs: stuck.Jobs}, nil, BootLimit, nil, report.Held, "the machine is still booting (see: rc-status)"},
		{"of unknown length", rcd.Boot{}, errors.New("no answer"), BootLimit, nil, report.Held, "the machine is still booting"},
		{"over its limit", stuck, nil, BootLimit, nil, report.BroughtBack, ""},
		{"no limit wanted", rcd.Boot{}, nil, 0, nil, report.BroughtBack, ""},
		{"queued behind it", stuck, nil, BootLimit, &rcd.Work{By: "systemd", What: "start job 9", Queued: true}, report.BroughtBack, ""},
		{"being started meanwhile", stuck, nil, BootLimit, working("start", time.Second, time.Minute), report.Held, "systemd is at work on service s (start for 1 s, at most 1m)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, d := holding(t)
				w.keeper.IgnoreIntent = true
				d.BootGrace, d.BootLimit = 0, tc.limit
				w.phase, w.booting, w.bootErr = rcd.Booting, tc.boot, tc.err
				w.work = map[string]*rcd.Work{"s": tc.work}
				r := w.again(t, d)["a"]
				wantResult(t, r, tc.result, tc.why)
				const said = "the machine has been booting for 2h55m: job 17 of fsck-forever.service never ends (see: systemctl list-jobs)"
				isSaid := strings.Count(w.logged(), "WARNING "+said+"; daemons are restarted all the same") == 1 && strings.HasPrefix(strings.Join(r.Notices, "\n"), said)
				if over := tc.boot.For > BootLimit; isSaid != over {
					t.Errorf("notices %q, the log says\n%s", r.Notices, w.logged())
				}
			})
		})
	}
}

// It is said once, though the daemon cannot be brought back.
func TestBootThatDoesNotEndIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.barren("s")
		w.phase = rcd.Booting
		for minute := range 5 {
			w.untilMinute(minute)
			w.booting = rcd.Boot{For: time.Hour + time.Duration(minute)*time.Minute, Jobs: []rcd.Job{{ID: 17, Unit: "x.service"}}}
			wantResult(t, w.again(t, d)["a"], report.StillDown, "")
			if said := strings.Contains(w.logged(), "has been booting"); said != (minute == 0) {
				t.Errorf("minute %d: the log says\n%s", minute, w.logged())
			}
		}
	})
}

// A daemon that counts as up, and does nothing because it is frozen, has a notice for who
// looks closer.
func TestFrozenIsNoted(t *testing.T) {
	for _, tc := range []struct {
		name          string
		measure       bool
		frozen, other bool
		err           error
		want          string
	}{
		{"frozen", true, true, true, nil, "it is frozen, and does nothing until it is thawed (systemctl thaw s)"},
		{"half of it", true, true, false, nil, ""},
		{"runs", true, false, false, nil, ""},
		{"cannot be told", true, true, true, errors.New("no"), ""},
		{"a healthy run", false, true, true, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, _ := holding(t)
				d := w.isUp("b", "s")
				v := up(1)
				v.Matches = append(v.Matches, up(2).Matches...)
				w.toy("b").verdict = &v
				w.keeper.Measure = tc.measure
				w.keeper.Frozen = func(pid int) (bool, error) {
					if pid == 1 {
						return tc.frozen, tc.err
					}
					return tc.other, tc.err
				}
				r := w.again(t, d)["b"]
				wantResult(t, r, report.Up, "")
				if got := strings.Join(r.Notices, "\n"); got != tc.want {
					t.Errorf("notices %q", got)
				}
			})
		})
	}
}

// What is frozen and does not answer was stopped on purpose.
func TestFrozenIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		d.Spec.Listen = []check.Listen{{Network: "tcp", Address: "x:1"}}
		w.toy("a").up, w.toy("a").sick = true, true
		w.wishes["s"] = &rcd.Wish{Service: "s", Kind: rcd.WishFrozen, Why: "it is frozen", Undo: "systemctl thaw s.service"}
		r := w.again(t, d)["a"]
		wantResult(t, r, report.Held, "service s: it is frozen; to have it kept again: systemctl thaw s.service")
		if r.Hold != "stopped" {
			t.Errorf("hold %q", r.Hold)
		}
	})
}
