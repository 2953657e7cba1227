package keeper

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// A daemon that ends at once each time it is started is not waited for; each time it is
// said how it has ended, and where to look; and so it is until the next try. What ended
// it first stays the cause.
func TestFailsAtEachTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		d.Verify = 30 * time.Second
		d.Policy = policy()
		w.again(t, d)
		time.Sleep(10 * time.Minute)
		w.dies("a")
		w.barren("s")
		w.deaths["s"] = rcd.Death{Cause: words.Signalled, Text: "killed by SIGKILL", Signal: 9}
		w.keeper.Manager = failing{w}
		began := time.Now()
		const ended = "its service has failed again: exited with status 3"
		r := w.again(t, d)["a"]
		wantResult(t, r, report.StillDown, ended)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it was waited for %v", took)
		}
		if r.Cause != "killed by SIGKILL" || r.Hint != "see what it has said: journalctl -u s -n 50" {
			t.Errorf("cause %q, hint %q", r.Cause, r.Hint)
		}
		time.Sleep(10 * time.Second)
		r = w.again(t, d)["a"]
		if !strings.HasPrefix(r.Reason, "it was tried once to bring it back, the last time in vain: "+ended+"; the next try is in ") {
			t.Errorf("while it waits: %q", r.Reason)
		}
		if i := w.known(t, "a").Incident; i == nil || i.LastTry != ended || i.Cause != "killed by SIGKILL" {
			t.Errorf("%+v", i)
		}
	})
}

// What the manager still knows of an end before the start is not how the start has ended.
func TestEndBeforeTheTry(t *testing.T) {
	for ago, want := range map[time.Duration]string{time.Second: "did not appear within 30s: exited with status 3", time.Hour: "did not appear within 30s"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			d := w.add("a", "s")
			d.Verify = 30 * time.Second
			w.barren("s")
			w.deaths["s"] = rcd.Death{Cause: words.Exited, Text: "exited with status 3", PID: 4711, Ago: ago}
			if r := w.again(t, d)["a"]; !strings.HasSuffix(r.Reason, want) {
				t.Errorf("%v ago: %q", ago, r.Reason)
			}
		})
	}
}

// failing is a manager whose service ends with status 3 after each start.
type failing struct{ *world }

func (f failing) Start(ctx context.Context, service string, with rcd.With) error {
	f.deaths[service] = rcd.Death{Cause: words.Exited, Text: "exited with status 3", PID: 4711, See: "journalctl -u " + service + " -n 50"}
	return f.world.Start(ctx, service, with)
}

func (f failing) Condition(ctx context.Context, service string) (rcd.Condition, error) {
	return rcd.Condition{State: rcd.Stopped, Failed: true}, nil
}

// A daemon whose restart has worked, and that dies again soon, was not tried to be brought
// back in vain.
func TestDiesAgainSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		d.Policy = policy()
		w.again(t, d)
		time.Sleep(10 * time.Minute)
		w.dies("a")
		wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
		time.Sleep(20 * time.Second)
		w.dies("a")
		if r := w.again(t, d)["a"]; !strings.HasPrefix(r.Reason, "it was brought back once lately, and is down again; the next try is in ") {
			t.Errorf("%q", r.Reason)
		}
	})
}

// What has ended a daemon's process is not a reason why one that was started since does not
// do what is asked of it.
func TestCauseOfWhatRunsSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		d.Spec.Listen = []check.Listen{{Network: "tcp", Address: "x:1"}}
		d.Policy = policy()
		w.again(t, d)
		time.Sleep(10 * time.Minute)
		w.dies("a")
		w.deaths["s"] = rcd.Death{Cause: words.Signalled, Text: "killed by SIGKILL", Signal: 9}
		w.toy("a").sick, w.toy("a").ill = true, true
		r := w.again(t, d)["a"]
		if wantResult(t, r, report.StillDown, "did not"); r.Cause != "killed by SIGKILL" {
			t.Errorf("of the dead one: %q", r.Cause)
		}
		time.Sleep(2 * time.Minute)
		if r := w.again(t, d)["a"]; r.Cause != "" {
			t.Errorf("of the one that runs: %q", r.Cause)
		}
		w.keeper.Watching = true
		if r := w.again(t, d)["a"]; r.Result != report.StillDown || r.Cause != "" {
			t.Errorf("who looks is told of the one that runs: %v, %q", r.Result, r.Cause)
		}
	})
}

// Downtime begins with the death if anybody knows when that was, and lies between the last
// look at which the daemon was up and the first at which it was down.
func TestDownSinceItsDeath(t *testing.T) {
	for _, tc := range []struct {
		name string
		ago  time.Duration // before it was asked, at about a minute after the last look
		dead time.Duration // 0: since it was seen down
	}{
		{"nobody knows", 0, 0},
		{"55 s before", 55 * time.Second, 57 * time.Second},
		{"before it was last seen up", 10 * time.Minute, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.remembers(t)
			d := w.isUp("a", "s")
			d.Recheck = time.Second
			w.again(t, d)
			time.Sleep(time.Minute)
			w.dies("a")
			w.deaths["s"] = rcd.Death{Cause: words.Signalled, Text: "killed by SIGKILL", Signal: 9, Ago: tc.ago}
			r := w.again(t, d)["a"]
			wantResult(t, r, report.BroughtBack, "")
			i := w.ledger(t)[0]
			if known := tc.dead > 0; known == i.Died.IsZero() || known != (r.Dead > 0) {
				t.Errorf("%s: died %v, down %v, dead for %v", tc.name, i.Died, i.Down, r.Dead)
			}
			if tc.dead > 0 && (r.Dead < tc.dead || r.Dead > tc.dead+2*time.Second || i.Seconds != r.Dead.Seconds()) {
				t.Errorf("%s: dead for %v, downtime %v", tc.name, r.Dead, i.Seconds)
			}
		})
	}
}

// What a manager says is not about this death if it was before the daemon was last seen up,
// by another process.
func TestSaidOfAnotherDeath(t *testing.T) {
	now := time.Unix(1000, 0)
	for name, tc := range map[string]struct {
		pid  int
		ago  time.Duration
		want postmortem.Certainty // "": nothing is said
	}{
		"of this process":                        {7, 50 * time.Second, postmortem.Certain},
		"of this process, while it was asked":    {7, 70 * time.Second, postmortem.Certain},
		"of one that was started since":          {8, 50 * time.Second, postmortem.Likely},
		"of one before":                          {8, 70 * time.Second, ""},
		"of one before that is not known":        {0, time.Hour, ""},
		"of one before, by a clock that differs": {8, 61 * time.Second, postmortem.Likely},
		"nobody knows when":                      {8, 0, postmortem.Likely},
	} {
		got := Said(rcd.Death{Text: "killed", PID: tc.pid, Ago: tc.ago}, "systemd", []words.Process{{PID: 7}}, now, now.Add(-time.Minute))
		if got == nil && tc.want != "" || got != nil && (got.Sure != tc.want || got.When.IsZero() != (tc.ago == 0)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// The clock may be set between the first look and the question: what is written down is by
// the clock that the first look had.
func TestDiedByASetClock(t *testing.T) {
	const year = 365 * 24 * time.Hour
	began := past.Stamp{Time: time.Unix(200, 0), Boot: "b", Up: 200 * time.Second}
	now := past.Stamp{Time: time.Unix(230, 0).Add(year), Boot: "b", Up: 230 * time.Second}
	i := past.Incident{LastUp: time.Unix(100, 0), Down: began.Time, Began: began}
	found := []postmortem.Finding{{Main: true, Sure: postmortem.Certain, When: time.Unix(150, 0).Add(year)}}
	if got := died(i, now, found); !got.Equal(time.Unix(150, 0)) {
		t.Errorf("died %v", got)
	}
	i.Died = time.Unix(150, 0)
	if got := i.Lasts(now); got != 80*time.Second {
		t.Errorf("it lasts %v", got)
	}
	if got := died(past.Incident{Down: began.Time, Began: began}, began, []postmortem.Finding{{Main: true, Sure: postmortem.Certain, When: time.Unix(150, 0)}}); !got.IsZero() {
		t.Errorf("never seen up, and died %v", got)
	}
}

func TestDiedAt(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	found := func(s int64) postmortem.Finding {
		return postmortem.Finding{Main: true, Sure: postmortem.Certain, When: at(s)}
	}
	worker, hint, remark := found(150), found(150), found(150)
	worker.Main, hint.Sure, remark.Aside = false, postmortem.Hint, true
	for name, tc := range map[string]struct {
		found []postmortem.Finding
		want  time.Time
	}{
		"a signal, and the end that came of it": {[]postmortem.Finding{found(120), found(125)}, at(125)},
		"at the moment of the look":             {[]postmortem.Finding{found(200)}, at(200)},
		"by a clock that was set":               {[]postmortem.Finding{found(100), found(201)}, time.Time{}},
		"of others, or not sure":                {[]postmortem.Finding{worker, hint, remark}, time.Time{}},
		"without a time":                        {[]postmortem.Finding{{Main: true, Sure: postmortem.Certain}}, time.Time{}},
	} {
		if got := diedAt(tc.found, at(100), at(200)); !got.Equal(tc.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// While it waits, the exit of a start that has failed is told, too.
func TestStartThatHasFailedStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.remembers(t)
		d := w.isUp("a", "s")
		d.Policy = policy()
		w.again(t, d)
		time.Sleep(10 * time.Minute)
		w.dies("a")
		w.barren("s")
		w.keeper.Manager = refusing{w}
		w.again(t, d)
		time.Sleep(10 * time.Second)
		r := w.again(t, d)["a"]
		if want := "the last time in vain: cannot start service s: exit status 3; it did not appear within "; !strings.Contains(r.Reason, want) {
			t.Errorf("%q", r.Reason)
		}
	})
}

// refusing is a manager whose start command fails.
type refusing struct{ *world }

func (r refusing) Start(ctx context.Context, service string, with rcd.With) error {
	_ = r.world.Start(ctx, service, with)
	return errors.New("cannot start service " + service + ": exit status 3")
}
