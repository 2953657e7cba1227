package keeper

import (
	"fmt"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
)

// noteFrozen reports that a daemon which counts as up does nothing, because all its processes
// are frozen, for example by systemctl freeze. This check costs as much as ten looks at a
// process, so only detailed looks make it.
func (t *task) noteFrozen(v check.Verdict) {
	if t.Frozen == nil || !t.Measure && !t.Details || t.daemon.Spec.Rule || len(v.Matches) == 0 {
		return
	}
	for _, m := range v.Matches {
		if frozen, err := t.Frozen(m.PID); err != nil || !frozen {
			return
		}
	}
	thaw := ""
	if len(t.daemon.Services) > 0 {
		thaw = fmt.Sprintf(" (systemctl thaw %s)", t.daemon.Services[0])
	}
	t.notice(report.Warning, "it is frozen, and does nothing until it is thawed"+thaw)
}
