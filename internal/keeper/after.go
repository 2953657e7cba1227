package keeper

import (
	"context"
	"fmt"

	"daemon-keeper/internal/report"
)

// dependencies waits for the daemons that this one comes after, and leaves it
// alone if one of them is not up.
func (r *task) dependencies(ctx context.Context) bool {
	if r.DryRun {
		return true
	}
	for _, name := range r.daemon.After {
		other, ok := r.byName[name]
		if !ok {
			continue // its file was refused, and that is reported
		}
		select {
		case <-other.done:
		case <-ctx.Done():
			r.leave("this run was interrupted")
			return false
		}
		switch why := notUp(other.report); {
		case other.report.Result == report.Held: // and so is this one
			r.report.Busy = other.report.Busy
			r.holdOnce(report.Info, fmt.Sprintf("it comes after '%s', %s", name, why))
			return false
		case why != "":
			r.leave(fmt.Sprintf("it comes after '%s', %s", name, why))
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
func (r *task) leave(why string) {
	r.report.Reason = why
	if r.news(why) {
		r.Log.Log(report.Error, "'%s' is not restarted: %s", r.report.Name, why)
	}
}

// holdOnce is hold, and says so once for as long as the reason is the same.
func (r *task) holdOnce(level report.Level, why string) {
	if r.news(why) {
		r.hold(level, why)
		return
	}
	r.report.Result, r.report.Reason = report.Held, why
}
