package keeper

import (
	"fmt"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
)

// noteFrozen says that a daemon which counts as up does nothing: all its processes are
// kept from running, systemctl(1) freeze. That takes as long as ten looks at a process, so
// only who looks closer is told.
func (r *task) noteFrozen(v check.Verdict) {
	if r.Frozen == nil || !r.Measure && !r.Details || r.daemon.Spec.Rule || len(v.Matches) == 0 {
		return
	}
	for _, m := range v.Matches {
		if frozen, err := r.Frozen(m.PID); err != nil || !frozen {
			return
		}
	}
	thaw := ""
	if len(r.daemon.Services) > 0 {
		thaw = fmt.Sprintf(" (systemctl thaw %s)", r.daemon.Services[0])
	}
	r.notice(report.Warning, "it is frozen, and does nothing until it is thawed"+thaw)
}
