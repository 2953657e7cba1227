package app

import (
	"daemon-keeper/internal/history"
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
	ledger, _, err := store.Incidents(now.Time.Add(-history.LatelyPeriod))
	if err != nil {
		return
	}
	pasts := history.Pasts(ledger, nil, now)
	for i, d := range r.Daemons {
		r.Daemons[i].Lately = pasts[d.Name].Lately(now.Time)
	}
}
