package rcd

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// recordedAt is when the units of testdata/rcd/work were asked, on CLOCK_MONOTONIC.
const recordedAt = 1230230 * time.Millisecond

// What systemd 252 said of units, and what it was doing with them.
func TestWorkOf(t *testing.T) {
	const round = 3*time.Minute + 100*time.Millisecond // both time-outs and RestartSec= as shipped
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for _, tt := range []struct {
		unit string
		want *Work // For and RoundFor in milliseconds, rounded
	}{
		{"running", nil},
		{"failed", nil},
		{"remain", nil},
		{"sock.socket", nil},
		{"frozen", nil},
		{"nosuch", nil},
		{"pre", &Work{What: "start-pre", Aged: true, For: ms(8277), RoundFor: ms(8277), Round: round}},
		{"pre2", &Work{What: "start-pre", Aged: true, For: ms(8235), RoundFor: ms(8235), Limit: 90 * time.Second, Round: round}},
		{"post", &Work{What: "start-post", Aged: true, For: ms(8154), RoundFor: ms(8154), Limit: 90 * time.Second, Round: round}},
		{"notify", &Work{What: "start", Aged: true, For: ms(8125), RoundFor: ms(8125), Limit: time.Minute, Round: round - 30*time.Second}},
		{"one", &Work{What: "start", Aged: true, For: ms(8026), RoundFor: ms(8026), Round: round}},
		{"forever", &Work{What: "start", Aged: true, For: ms(9953), RoundFor: ms(9953), Round: round}},
		{"again", &Work{What: "auto-restart", Waits: true, Again: true, Aged: true, For: ms(7961), RoundFor: ms(7961), Limit: 25 * time.Second, Round: 205 * time.Second}},
		{"stopping", &Work{What: "stop-sigterm", Aged: true, For: ms(7445), RoundFor: ms(7932), Limit: 200 * time.Second, Round: 380*time.Second + ms(100)}},
		{"stopcmd", &Work{What: "stop", Aged: true, For: ms(7403), RoundFor: ms(7868), Limit: 90 * time.Second, Round: round}},
		{"restarting", &Work{What: "stop", Aged: true, For: ms(7277), RoundFor: ms(7817), Limit: 90 * time.Second, Round: round}},
		{"stoppost", &Work{What: "stop-post", Aged: true, For: ms(7349), RoundFor: ms(7767), Limit: 90 * time.Second, Round: round}},
		{"reload", &Work{What: "reload", Aged: true, For: ms(7230), RoundFor: ms(7725), Limit: 90 * time.Second, Round: round}},
		{"behind", &Work{What: "job 381", Queued: true}},
		{"multi-user.target", &Work{What: "job 2", Queued: true}},
	} {
		t.Run(tt.unit, func(t *testing.T) {
			got := workOf(properties(recorded(t, "work/"+tt.unit).output), recordedAt)
			if got != nil {
				got.For, got.RoundFor = got.For.Round(time.Millisecond), got.RoundFor.Round(time.Millisecond)
			}
			if tt.want != nil {
				tt.want.By, tt.want.Margin = "systemd", workMargin
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got != nil && got.Over() {
				t.Errorf("it is over its limit: %+v", got)
			}
		})
	}
}

// The states that were not recorded, changed from those that were.
func TestWorkOfOthers(t *testing.T) {
	for _, tt := range []struct {
		name, unit string
		change     map[string]string
		at         time.Duration
		check      func(w *Work) bool
	}{
		{"no clock", "pre2", nil, -recordedAt, func(w *Work) bool { return !w.Aged && !w.Over() }},
		{"no stamp", "pre2", map[string]string{"StateChangeTimestampMonotonic": "0"}, 0, func(w *Work) bool { return !w.Aged && !w.Over() }},
		{"within the margin", "post", nil, 86 * time.Second, func(w *Work) bool { return !w.Over() }},
		{"over its limit", "post", nil, 90 * time.Second, func(w *Work) bool { return w.Over() }},
		{"a daemon that may ask for more time", "notify", nil, 90 * time.Second, func(w *Work) bool { return !w.Over() && w.Limit == 0 }},
		{"no limit", "pre", nil, 90 * time.Hour, func(w *Work) bool { return !w.Over() && w.Limit == 0 }},
		{"a start after a death", "post", map[string]string{"NRestarts": "1"}, 0, func(w *Work) bool { return w.Again && !w.Waits }},
		{"auto-restart whose time is over", "again", nil, 30 * time.Second, func(w *Work) bool { return w.Over() && w.Left() == 0 }},
		{"systemd 254: it waits longer each time", "again", map[string]string{"RestartUSecNext": "5min"}, 30 * time.Second, func(w *Work) bool { return w.Limit == 5*time.Minute && !w.Over() }},
		{"systemd 254: the next time is not known", "again", map[string]string{"RestartUSecNext": "infinity"}, 0, func(w *Work) bool { return w.Limit == 25*time.Second }},
		{"auto-restart whose job is queued", "again", map[string]string{"Job": "77"}, time.Hour, func(w *Work) bool { return w.What == "auto-restart (queued)" && w.Again && !w.Waits && !w.Over() }},
		{"systemd 254: queued", "again", map[string]string{"SubState": "auto-restart-queued"}, 0, func(w *Work) bool { return w.What == "auto-restart (queued)" && w.Again && !w.Waits && w.Limit == 0 }},
		{"the watchdog", "stopping", map[string]string{"SubState": "stop-watchdog", "TimeoutAbortUSec": "10s"}, 0, func(w *Work) bool { return w.What == "stop-watchdog" && w.Limit == 10*time.Second }},
		{"a mount", "sock.socket", map[string]string{"ActiveState": "activating", "SubState": "mounting"}, 0, func(w *Work) bool {
			return w.What == "mounting" && w.Limit == 90*time.Second
		}},
		{"cleaning", "failed", map[string]string{"ActiveState": "maintenance", "SubState": "cleaning"}, 0, func(w *Work) bool { return w.What == "cleaning" && w.Limit == 0 }},
		{"extensions", "running", map[string]string{"ActiveState": "refreshing", "SubState": "refresh-extensions"}, 0, func(w *Work) bool { return w.What == "refresh-extensions" }},
		{"a restart is queued", "running", map[string]string{"Job": "77", "JobTimeoutUSec": "10s"}, 0, func(w *Work) bool { return w.Queued && w.Limit == 10*time.Second && !w.Over() }},
		{"no job", "running", map[string]string{"Job": "0"}, 0, func(w *Work) bool { return w == nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := properties(recorded(t, "work/"+tt.unit).output)
			maps.Copy(p, tt.change)
			if w := workOf(p, recordedAt+tt.at); !tt.check(w) {
				t.Errorf("%+v", w)
			}
		})
	}
}

// asked is the question about a unit.
func asked(unit string) string {
	return systemctl + " show -p " + conditionProps + " " + unit + ".service"
}

func workOn(t *testing.T, unit string, at time.Duration, answers map[string]result) (*Work, *fakeRunner, error) {
	t.Helper()
	fake := &fakeRunner{t: t, answers: map[string]result{asked("x"): recorded(t, "work/"+unit)}}
	maps.Copy(fake.answers, answers)
	m := on(systemd{systemctl: systemctl, clock: func() time.Duration { return recordedAt + at }}, fake)
	w, err := m.Work(t.Context(), "x")
	return w, fake, err
}

// One question is enough for most.
func TestWorkAsksOnce(t *testing.T) {
	for _, unit := range []string{"running", "again", "pre2", "stopping"} {
		w, fake, err := workOn(t, unit, 0, nil)
		if err != nil || len(fake.queries) != 1 || (w == nil) != (unit == "running") || w != nil && w.Service != "x" {
			t.Errorf("%s: %+v, %v, asked %q", unit, w, err, fake.queries)
		}
	}
}

// The limit is for each of several commands.
func TestWorkOfSeveralCommands(t *testing.T) {
	answers := map[string]result{systemctl + " show -p ExecStartPre x.service": {output: "ExecStartPre={ path=/a }\nExecStartPre={ path=/b }\n"}}
	for at, over := range map[time.Duration]bool{100 * time.Second: false, 180 * time.Second: true} {
		w, _, err := workOn(t, "pre2", at, answers)
		if err != nil || w.Over() != over || w.Limit != 3*time.Minute {
			t.Errorf("after %v: %+v, %v", at, w, err)
		}
	}
}

// A queued job is named; one that has ended meanwhile is not work.
func TestWorkQueued(t *testing.T) {
	const list = systemctl + " list-jobs --no-legend --plain"
	w, _, err := workOn(t, "behind", 0, map[string]result{list: recorded(t, "work/jobs")})
	if err != nil || w.What != "start job 381 is queued behind others" || !w.Queued {
		t.Errorf("%+v, %v", w, err)
	}
	w, _, err = workOn(t, "behind", 0, map[string]result{list: {}})
	if err != nil || w != nil {
		t.Errorf("%+v, %v", w, err)
	}
}

// What cannot be asked is not work, and an error.
func TestWorkCannotAsk(t *testing.T) {
	m := on(systemd{systemctl: systemctl}, &fakeRunner{t: t, queryErr: errors.New("no answer")})
	if w, err := m.Work(t.Context(), "x"); w != nil || err == nil {
		t.Errorf("%+v, %v", w, err)
	}
}

func TestBoot(t *testing.T) {
	fake := &fakeRunner{t: t, answers: map[string]result{
		systemctl + " show -p UserspaceTimestampMonotonic": {output: "UserspaceTimestampMonotonic=1218829252\n"},
		systemctl + " list-jobs --no-legend --plain":       recorded(t, "work/jobs"),
	}}
	m := on(systemd{systemctl: systemctl, clock: func() time.Duration { return recordedAt }}, fake)
	b, err := m.Boot(t.Context())
	if err != nil || b.For.Round(time.Second) != 11*time.Second || len(b.Jobs) != 6 || b.Jobs[0] != (Job{70, "forever.service"}) {
		t.Errorf("%+v, %v", b, err)
	}
	fake.answers[systemctl+" show -p UserspaceTimestampMonotonic"] = result{output: "UserspaceTimestampMonotonic=0\n"}
	if b, err := m.Boot(t.Context()); err == nil {
		t.Errorf("%+v", b)
	}
}

func TestTimespan(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "100ms": 100 * time.Millisecond, "1min 30s": 90 * time.Second, "1.5s": 1500 * time.Millisecond, "5us": 5 * time.Microsecond,
		"1d 2h": 26 * time.Hour, "2w": 14 * 24 * time.Hour, "1month": 2629800 * time.Second, "1y": 31557600 * time.Second,
	} {
		if d, ok := timespan(text); !ok || d != want {
			t.Errorf("%q: %v, %v, want %v", text, d, ok, want)
		}
	}
	for _, text := range []string{"", "infinity", "1", "s", "-1s", "1x", "1min x", "9999999999999y", "NaNs", "1e9s", "1s-1s"} {
		if d, ok := timespan(text); ok || d != 0 {
			t.Errorf("%q: %v, %v", text, d, ok)
		}
	}
}

// Whatever systemd says, a time is not negative, and what is over its limit has one.
func FuzzWorkOf(f *testing.F) {
	for _, unit := range []string{"again", "behind", "pre", "stopping", "sock.socket", "jobs"} {
		f.Add(recorded(f, "work/"+unit).output, int64(recordedAt))
	}
	f.Add("ActiveState=activating\nTimeoutStartUSec=9223372036.854775807s 2us\nRestartUSec=292y\nTimeoutStopUSec=292y\nStateChangeTimestampMonotonic=9223372036854775807\n", int64(1))
	f.Fuzz(func(t *testing.T, text string, now int64) {
		if w := workOf(properties(text), time.Duration(now)); w != nil {
			if w.For < 0 || w.Limit < 0 || w.RoundFor < 0 || w.Left() < 0 || w.What == "" || w.Over() && (w.Limit == 0 || !w.Aged) {
				t.Errorf("%+v", w)
			}
		}
		list := parseQueue(text)
		for _, j := range list {
			if j.ID < 0 || !strings.Contains(text, j.Unit) {
				t.Errorf("%+v", j)
			}
		}
		if !slices.IsSortedFunc(list, func(a, b queuedJob) int { return a.ID - b.ID }) {
			t.Error("not sorted")
		}
	})
}
