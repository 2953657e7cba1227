package keeper

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

// isStarted has the manager know a main process that does not count, for this reason or, without
// one, because it has not executed its program.
func (f *family) isStarted(pid int, age time.Duration, reason check.Reason) {
	p := member(pid, 1, age, "a.service").Process
	f.read = map[int]proctable.Process{pid: p}
	f.nearly = []check.Exclusion{{Process: p, Reason: reason}}
	f.cond = rcd.Condition{State: rcd.Running, Main: pid}
	if reason == 0 { // it is about to execute its program
		f.nearly = nil
		p.Exe = "/usr/lib/systemd/systemd"
		f.read[pid], f.read[1] = p, proctable.Process{PID: 1, Exe: p.Exe}
	}
}

// deadFamily is a family whose main process and workers were killed a minute after it was seen up.
func deadFamily(t *testing.T) (*family, Daemon) {
	f, d := newFamily(t)
	wantResult(t, f.world.again(t, d)["a"], report.Up, "")
	f.isKilled()
	f.workers = nil
	time.Sleep(time.Minute)
	return f, d
}

const beginning = "systemd is at work on service a (start of its main process for 3 s, at most 30s)"

// A main process that has been started by its manager, and has not yet the arguments by which it
// counts, is given as long as one that we start.
func TestStartOfManager(t *testing.T) {
	for _, tc := range []struct {
		name   string
		then   func(*family) // a minute later
		want   report.Result
		reason string
	}{
		{"it takes its name", func(f *family) {
			f.isStarted(900, time.Minute, check.OtherArgs)
			m := member(900, 1, time.Minute, "a.service")
			f.main = &m
		}, report.Up, ""},
		{"it does not", func(f *family) { f.isStarted(900, time.Minute, check.OtherArgs) }, report.CannotTell, "its main process 900 runs /toys/a, and does not count (none of its arguments is the wanted one)"},
		{"it dies", func(f *family) { f.isKilled(); f.nearly = nil }, report.BroughtBack, ""},
		{"it dies, and its manager has started another one", func(f *family) { f.isStarted(901, 3*time.Second, check.OtherArgs) }, report.BroughtBack, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, d := deadFamily(t)
				d.Verify = 30 * time.Second
				f.isStarted(900, 3*time.Second, check.OtherArgs)
				r := f.world.again(t, d)["a"]
				wantResult(t, r, report.Held, beginning)
				if r.Hold != "at_work" || r.Status() != report.OK || f.did() != "" {
					t.Errorf("%+v, did %s", r, f.did())
				}
				time.Sleep(time.Minute)
				tc.then(f)
				wantResult(t, f.world.again(t, d)["a"], tc.want, tc.reason)
				if acted := f.did() != ""; acted != (tc.want == report.BroughtBack) {
					t.Errorf("did %s", f.did())
				}
			})
		})
	}
}

// A main process that lacks what the configuration asks for, and has never counted, may be the
// daemon: however often its manager starts it again, nothing is touched.
func TestStartOfWhatNeverCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, d := newFamily(t)
		f.main, f.workers, d.Verify = nil, nil, 30*time.Second
		for minute := range 3 {
			f.isStarted(900+minute, 3*time.Second, check.OtherArgs)
			wantResult(t, f.world.again(t, d)["a"], report.CannotTell, "and does not count (none of its arguments is the wanted one)")
			time.Sleep(time.Minute)
		}
		if f.did() != "" {
			t.Errorf("did %s", f.did())
		}
	})
}

// started is a manager that starts the daemon while it is asked how the daemon has died.
type started struct {
	*family
	reason check.Reason
}

func (s *started) Death(ctx context.Context, service string) (rcd.Death, error) {
	s.isStarted(900, 3*time.Second, s.reason)
	return s.family.Death(ctx, service)
}

// What the manager has started between our second look and our lock is not restarted, even if
// it does not count.
func TestStartOfManagerMeanwhile(t *testing.T) {
	for _, tc := range []struct {
		reason check.Reason
		want   report.Result
		text   string
	}{
		{check.OtherArgs, report.Held, beginning},
		{check.OtherUser, report.Held, beginning},
		{0, report.Held, beginning},
		{check.OtherFile, report.CannotTell, "service a is active, and its main process 900 runs /toys/a"},
	} {
		t.Run(tc.reason.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, d := deadFamily(t)
				d.Verify = 30 * time.Second
				f.keeper.Manager = &started{f, tc.reason}
				wantResult(t, f.world.again(t, d)["a"], tc.want, tc.text)
				if f.did() != "" {
					t.Errorf("did %s", f.did())
				}
			})
		})
	}
}
