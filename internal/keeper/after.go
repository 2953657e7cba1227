package keeper

import (
	"context"
	"fmt"

	"daemon-keeper/internal/report"
)

// dependencies waits for the daemons that this one comes after, and leaves it
// alone if one of them is not up.
func (t *task) dependencies(ctx context.Context) bool {
	if t.DryRun {
		return true
	}
	for _, name := range t.daemon.After {
		other, ok := t.byName[name]
		if !ok {
			continue // its file was refused, and that is reported
		}
		select {
		case <-other.done:
		case <-ctx.Done():
			t.leave("this run was interrupted")
			return false
		}
		switch why := notUp(other.report); {
		case other.report.Result == report.Held: // and so is this one
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

// notUp is why nothing that comes after a daemon is restarted; "" if that is up.
func notUp(d report.Daemon) string {
	switch d.Result {
	case report.StillDown:
		return "which is down"
	case report.Held:
		if d.Busy {
			return "at which another run is at work"
		}
		return "which is left alone"
	case report.CannotTell:
		return "of which it cannot be told whether it is up"
	}
	return ""
}

// leave leaves a daemon as down as it is.
func (t *task) leave(why string) {
	t.report.Reason = why
	if t.news(why) {
		t.Log.Log(report.Error, "'%s' is not restarted: %s", t.report.Name, why)
	}
}

// holdOnce is hold, and says so once for as long as the reason is the same.
func (t *task) holdOnce(level report.Level, why string) {
	if t.news(why) {
		t.hold(level, why)
		return
	}
	t.report.Result, t.report.Reason = report.Held, why
}
