package keeper

import (
	"context"
	"fmt"

	"daemon-keeper/internal/report"
)

// dependencies waits for the daemons that this one comes after. It reports whether all of
// them are up; if not, this daemon is left alone.
func (t *task) dependencies(ctx context.Context) bool {
	if t.DryRun {
		return true
	}
	for _, name := range t.daemon.After {
		other, ok := t.byName[name]
		if !ok {
			continue // its file was refused; that is reported elsewhere
		}
		select {
		case <-other.done:
		case <-ctx.Done():
			t.leave("this run was interrupted")
			return false
		}
		switch why := notUp(other.report); {
		case other.report.Result == report.Held: // then this daemon is held, too
			t.report.Busy = other.report.Busy
			t.holdOnce(report.Info, fmt.Sprintf("it comes after '%s', %s", name, why))
			return false
		case why != "":
			t.leave(fmt.Sprintf("it comes after '%s', %s", name, why))
			return false
		}
	}
	return true
}

// notUp returns why daemons that come after this one are not restarted; "" if this one is up.
func notUp(d report.Daemon) string {
	switch d.Result {
	case report.StillDown:
		return "which is down"
	case report.Held:
		if d.Busy {
			return "which another run is working on"
		}
		return "which is left alone"
	case report.CannotTell:
		return "whose state is unknown"
	}
	return ""
}

// leave does not restart a daemon that is down, and reports why.
func (t *task) leave(why string) {
	t.report.Reason = why
	if t.news(why) {
		t.Log.Log(report.Error, "'%s' is not restarted: %s", t.report.Name, why)
	}
}

// holdOnce is hold, but logs only when the reason is new.
func (t *task) holdOnce(level report.Level, why string) {
	if t.news(why) {
		t.hold(level, why)
		return
	}
	t.report.Result, t.report.Reason = report.Held, why
}
