package keeper

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/report"
)

// Three daemons list a service, which is restarted once, for the first of them.
func TestSharedServiceIsRestartedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a, b, c := w.add("a", "sa", "dovecot"), w.add("b", "sb", "dovecot"), w.add("c", "dovecot", "sc")
		a.Recheck = time.Second // it is the first
		reports := w.run(t, t.Context(), a, b, c)
		if got := w.did(); got != "stop sa,start sa,stop dovecot,start dovecot,stop sb,start sb" {
			t.Errorf("did %s", got)
		}
		wantResult(t, reports["a"], report.BroughtBack, "")
		wantResult(t, reports["b"], report.BroughtBack, "")
		wantResult(t, reports["c"], report.Up, "") // dovecot has brought it back
		if s := reports["b"].Steps; len(s) != 3 || !slices.ContainsFunc(s, func(s report.Step) bool {
			return s.Service == "dovecot" && s.Skipped && s.Err == "it was restarted for 'a' already"
		}) {
			t.Errorf("b does not say what became of dovecot: %+v", s)
		}
		if end := w.said(t, "'a' is running again"); w.at(t, "stop sb").from < end {
			t.Error("b did not wait for a, with which it shares a service")
		}
	})
}

// A daemon whose only service was restarted in vain is waited for and reported,
// and the service is not restarted again.
func TestSharedServiceThatDoesNotHelp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a, b := w.add("a", "s"), w.add("b", "s")
		a.Recheck = time.Second
		w.barren("s")
		w.brings("s", "a")
		reports := w.run(t, t.Context(), a, b)
		wantResult(t, reports["a"], report.BroughtBack, "")
		wantResult(t, reports["b"], report.StillDown, "did not appear")
		if got := w.did(); got != "stop s,start s" {
			t.Errorf("did %s", got)
		}
	})
}

// A service that nobody else needs does not wait for one that is shared.
func TestIndependentAreNotKeptWaitingByThoseThatShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.keeper.AtOnce = 2
		a, b, c := w.add("a", "s", "sa"), w.add("b", "s", "sb"), w.add("c", "sc")
		w.services["s"].startIs = 20 * time.Second
		w.barren("s")
		w.brings("sa", "a")
		w.brings("sb", "b")
		for _, r := range w.run(t, t.Context(), a, b, c) {
			wantResult(t, r, report.BroughtBack, "")
		}
		if got := w.at(t, "stop sc").from; !about(got, 2*time.Second) {
			t.Errorf("c was restarted at %v only", got)
		}
	})
}

// The start of a service may end in any daemon that lists the service: its time
// being over is not a reason to end that.
func TestStartThatHasBecomeAnotherDaemonIsSpared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		clamd, dovecot, other := w.add("clamd", "clamav-clamd", "dovecot"), w.isUp("dovecot", "dovecot"), w.isUp("other", "other")
		w.run(t, t.Context(), clamd, dovecot, other)
		for name, want := range map[string]bool{"clamd": true, "dovecot": true, "other": false} {
			if got := w.spares["dovecot"](w.toy(name).pid); got != want {
				t.Errorf("spares %s: %v", name, got)
			}
		}
		if w.spares["clamav-clamd"](w.toy("dovecot").pid) {
			t.Error("spares a daemon that does not list the service")
		}
		v := unclear(errors.New("clouded"))
		w.toy("clamd").verdict = &v
		if !w.spares["clamav-clamd"](999) {
			t.Error("ends what may be the daemon")
		}
	})
}
