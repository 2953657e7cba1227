// Package history is what a daemon's incidents come to over time: how long it was up, down
// and left alone, how often it died, and which moment a person means. It is arithmetic over
// values: it reads nothing, and it draws nothing.
package history

import (
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
)

// Past is what is remembered of a daemon. Of the time before Known and after Seen
// nothing is known, unless there was an incident.
type Past struct {
	Name      string
	Known     time.Time  // since when it has been watched; zero: not before its first incident
	Seen      time.Time  // when it was last seen; zero: not after its last incident
	Incidents []Incident // also from before the period that is asked for, and the one under way
}

// Incident is one of a daemon, as it is now: one that is under way has lasted until now.
type Incident struct {
	past.Incident
	Number   int  // among all of its daemon that are remembered, the oldest is 1
	UnderWay bool // it is down now
}

// Pasts joins what the ledger has of each daemon with what runs remember of it, by name.
func Pasts(ledger []past.Incident, daemons map[string]past.Daemon, now past.Stamp) map[string]Past {
	all := make(map[string]Past)
	for _, i := range ledger {
		p := all[i.Daemon]
		p.Name, p.Incidents = i.Daemon, append(p.Incidents, Incident{Incident: i, Number: len(p.Incidents) + 1})
		all[i.Daemon] = p
	}
	for name, d := range daemons {
		p := all[name]
		p.Name, p.Known, p.Seen = name, now.Retell(d.Known).Time, now.Retell(d.LastUp).Time
		if d.Incident != nil {
			p.Incidents, p.Seen = append(p.Incidents, Incident{underWay(name, d, now), len(p.Incidents) + 1, true}), now.Time
		}
		all[name] = p
	}
	return all
}

// underWay is the incident of a daemon that is down, until now.
func underWay(name string, d past.Daemon, now past.Stamp) past.Incident {
	i := d.SoFar(now)
	i.Daemon = name
	if d.Held != "" {
		i.Outcome = words.LeftAlone
	}
	return i
}
