package keeper

import (
	"testing"
	"time"

	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/past"
	"daemon-keeper/rcd"
)

// Each row is a daemon whose main process, 100, seems to have ended. It had the children
// 101 and 102, and was last seen up 60 s ago.
func TestRemains(t *testing.T) {
	texts := golden.Open(t, "remains.txtar")
	gone := past.Process{PID: 100, Parent: 1, Children: []int{101, 102}}
	// The service was started an hour ago, and its main process ended 30 s ago.
	failed := rcd.Condition{State: rcd.Stopped, Life: rcd.Life{Main: 100, Began: time.Hour, Ended: 30 * time.Second}}
	stopping := failed
	stopping.State = rcd.Unknown
	kin := func(pid int) relic {
		return relic{pid: pid, unit: "x.service", age: 50 * time.Minute, old: true, kin: true}
	}
	session := func(age time.Duration) relic {
		return relic{pid: 300, unit: "session-3.scope", age: age, old: age >= time.Minute}
	}
	heir := kin(101)
	heir.heir = true
	stopped := rcd.Condition{State: rcd.Stopped}
	for _, tc := range []struct {
		name string
		r    remains
		dead bool
		main int
	}{
		{"killed, two workers are left", remains{gone: gone, cond: failed, relics: []relic{kin(101), kin(102)}}, true, 0},
		{"zabbix: it is being stopped, and its workers ignore that", remains{gone: gone, cond: stopping, relics: []relic{kin(101)}}, true, 0},
		{"sshd with a session that was there", remains{gone: gone, cond: failed, relics: []relic{session(10 * time.Minute)}}, true, 0},
		{"sshd with a session of after the last look", remains{gone: gone, cond: failed, relics: []relic{session(40 * time.Second)}}, true, 0},
		{"sshd with a session, and nothing is remembered", remains{cond: failed, relics: []relic{session(40 * time.Second)}}, true, 0},
		{"started by hand after the end", remains{gone: gone, cond: failed, relics: []relic{session(20 * time.Second)}}, false, 300},
		{"started by hand before the service's last start, which has failed", remains{gone: gone, cond: failed, relics: []relic{session(2 * time.Hour)}}, false, 300},
		{"systemd was slow to record the start, and nothing is remembered", remains{cond: failed, relics: []relic{{pid: 101, unit: "x.service", age: time.Hour + 400*time.Millisecond, own: true}}}, true, 0},
		{"started by hand just before the service's last start, which has failed", remains{gone: gone, cond: failed, relics: []relic{session(time.Hour + 400*time.Millisecond)}}, false, 300},
		{"of the same unit, but an hour older", remains{gone: gone, cond: failed, relics: []relic{{pid: 101, unit: "x.service", age: 2 * time.Hour, own: true}}}, false, 101},
		{"one is left, one was started by hand", remains{gone: gone, cond: failed, relics: []relic{kin(101), session(20 * time.Second)}}, false, 300},
		{"a second instance of another unit", remains{gone: gone, cond: failed, relics: []relic{{pid: 200, unit: "y.service", age: 2 * time.Hour, old: true, alien: true}}}, true, 0},
		{"another unit's of before, and nothing is remembered", remains{cond: failed, relics: []relic{{pid: 200, unit: "y.service", age: 2 * time.Hour, alien: true}}}, false, 200},
		{"moved to another unit, which was started after the end", remains{gone: gone, cond: failed, relics: []relic{{pid: 200, unit: "y.service", age: 10 * time.Second, alien: true}}}, false, 200},
		{"restarted by somebody: the manager knows the new one", remains{gone: gone, cond: rcd.Condition{State: rcd.Running, Main: 300}, relics: []relic{kin(101), {pid: 300, age: time.Second}}}, false, 300},
		{"nginx: a binary upgrade under systemd", remains{gone: gone, cond: rcd.Condition{State: rcd.Running, Main: 101}, relics: []relic{heir, kin(102)}}, false, 101},
		{"gunicorn: a binary upgrade that systemd does not follow", remains{gone: gone, cond: failed, relics: []relic{heir, kin(102)}}, false, 0},
		{"a worker was recycled, its parent runs", remains{gone: past.Process{PID: 101, Parent: 90}, cond: failed, relics: []relic{kin(90), kin(102)}}, false, 90},
		{"a unit that is active without a main process", remains{gone: gone, cond: rcd.Condition{State: rcd.Running, Life: failed.Life}, relics: []relic{kin(101)}, twice: true}, false, 0},
		{"a wrapper is the main process", remains{gone: gone, cond: rcd.Condition{State: rcd.Running, Main: 90}, relics: []relic{kin(101)}, twice: true}, false, 0},
		{"the first process of a daemon that puts itself into the background", remains{gone: gone, cond: stopped, relics: []relic{kin(101)}}, false, 0},

		{"no systemd: status says stopped", remains{gone: gone, cond: stopped, twice: true, relics: []relic{kin(101), kin(102)}}, true, 0},
		{"no systemd: its pidfile names it", remains{gone: gone, file: pidFile{pid: 100, known: true}, twice: true, relics: []relic{kin(101)}}, true, 0},
		{"no systemd: its pidfile names a new one", remains{gone: gone, cond: stopped, file: pidFile{101, true, true}, twice: true, relics: []relic{kin(101)}}, false, 101},
		{"no systemd: its pidfile names a stranger", remains{gone: gone, file: pidFile{77, true, true}, twice: true, relics: []relic{kin(101)}}, false, 0},
		{"no systemd: nothing else says so", remains{gone: gone, twice: true, relics: []relic{kin(101)}}, false, 0},
		{"no systemd: status says running", remains{gone: gone, cond: rcd.Condition{State: rcd.Running}, twice: true, relics: []relic{kin(101)}}, false, 0},
		{"no systemd: haproxy's old process has finished", remains{gone: gone, cond: stopped, twice: true, relics: []relic{{pid: 200, age: 10 * time.Minute, old: true}}}, false, 200},
		{"no systemd: restarted by somebody", remains{gone: gone, cond: stopped, twice: true, relics: []relic{{pid: 200, age: time.Second}}}, false, 200},
		{"no systemd: a new master", remains{gone: gone, cond: stopped, twice: true, relics: []relic{heir, kin(102)}}, false, 0},
		{"no system has told its children", remains{gone: past.Process{PID: 100}, cond: stopped, twice: true, relics: []relic{{pid: 101, age: time.Hour, old: true}}}, true, 0},
		{"never seen before, in a session, the service never ran", remains{cond: stopped, relics: []relic{session(time.Hour)}}, false, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.r.service, tc.r.told = "x", len(tc.r.gone.Children) > 0
			got := tc.r.judge()
			if got.dead != tc.dead || got.main != tc.main {
				t.Errorf("%+v, want %v, %d", got, tc.dead, tc.main)
			}
			texts.Check(t, tc.name, got.why)
		})
	}
}

func TestRemainsText(t *testing.T) {
	gone := past.Process{PID: 100}
	life := rcd.Condition{Life: rcd.Life{Main: 99}}
	for _, tc := range []struct {
		r    remains
		want string
	}{
		{remains{gone: gone, relics: make([]relic, 5)}, "its main process (pid 100) has ended; 5 of its processes are left"},
		{remains{gone: gone, relics: []relic{{pid: 101}}}, "its main process (pid 100) has ended; one of its processes is left (pid 101)"},
		{remains{cond: life, relics: make([]relic, 2)}, "its main process (pid 99) has ended; 2 of its processes are left"},
		{remains{relics: make([]relic, 2)}, "its main process has ended; 2 of its processes are left"},
		{remains{gone: gone, relics: []relic{{pid: 200, unit: "y.service", alien: true}}}, "its main process (pid 100) has ended; process 200 is of y.service"},
	} {
		if got := tc.r.text(); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

func TestTops(t *testing.T) {
	list := []past.Process{{PID: 5, Parent: 7}, {PID: 7, Parent: 1}, {PID: 8, Parent: 1}, {PID: 9, Parent: 1, Children: []int{10}}, {PID: 10, Parent: 1}}
	var got []int
	for _, p := range tops(list) {
		got = append(got, p.PID)
	}
	if len(got) != 3 || got[0] != 7 || got[1] != 8 || got[2] != 9 {
		t.Errorf("%v", got)
	}
}

// What is left of an earlier life is none of this one, and not the daemon either.
func TestRemainsOfEarlierLives(t *testing.T) {
	r := remains{
		service: "x", told: true, gone: past.Process{PID: 200, Children: []int{201}}, cond: rcd.Condition{State: rcd.Stopped}, twice: true,
		relics: []relic{{pid: 101, age: time.Hour, old: true, left: true}, {pid: 201, age: time.Minute, old: true, kin: true}},
	}
	if !r.judge().dead {
		t.Error("it is up by what is left of two lives")
	}
	r.relics[0].left = false
	if r.judge().dead {
		t.Error("it is down though nobody knows process 101")
	}
}
