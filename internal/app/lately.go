package app

import (
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
)

// addLately tells of each daemon how often it has died in the last days. What cannot be
// read is not told: the report says why, where it matters.
func addLately(dir string, r *report.Report) {
	if dir == "" {
		return
	}
	store, err := lookStore(dir)
	if err != nil {
		return
	}
	now := state.Now()
	ledger, _, err := store.Incidents(now.Time.Add(-report.LatelyPeriod))
	if err != nil {
		return
	}
	past := make(map[string]report.Past)
	for _, i := range ledger {
		p := past[i.Daemon]
		p.Incidents = append(p.Incidents, ended(i))
		past[i.Daemon] = p
	}
	for i, d := range r.Daemons {
		p := past[d.Name]
		r.Daemons[i].Lately = p.Lately(now.Time)
	}
}
