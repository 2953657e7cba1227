package app

import (
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
)

// addLately adds how often each daemon has died in the last days. If that cannot be read, it
// is left out; the report gives the reason where it matters.
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
