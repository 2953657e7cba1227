package keeper

import (
	"slices"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/words"
)

// numbers returns the PIDs, with their time window, that witnesses can be asked about for a
// daemon that is down now. Events before the daemon was last seen up were about other
// processes with the same PIDs. If it was last seen up in an earlier boot, this holds for all
// events of this boot.
func (t *task) numbers(now past.Stamp) *past.Death {
	d := &past.Death{}
	if len(t.daemon.Services) > 0 {
		d.Service = t.daemon.Services[0]
	}
	switch {
	case t.Manager != nil && d.Service != "":
		d.Manager = t.managerOf(d.Service)
	case t.Manager != nil:
		d.Manager = t.Manager.Name()
	}
	if since := t.past.UpSince; !since.IsZero() {
		d.Lived = t.past.LastUp.Since(since).Seconds()
	}
	from, to, rebooted, known := t.window(now)
	if rebooted || !known {
		return d
	}
	d.Boot, d.From, d.To = now.Boot, from, to
	for _, p := range t.past.Processes {
		d.Processes = append(d.Processes, words.Process{PID: p.PID, Threads: p.Threads, Started: proctable.StartTime(p.Start, now.Time, now.Up)})
	}
	return d
}

// window returns the time, since boot, from when the daemon was last seen up until now. A
// system without a boot ID (FreeBSD 13) is judged by the wall clock. known is false if the
// daemon was never seen up.
func (t *task) window(now past.Stamp) (from, to time.Duration, rebooted, known bool) {
	last := t.past.LastUp
	switch {
	case last.IsZero() || (last.Boot == "") != (now.Boot == ""):
		return 0, 0, false, false
	case now.Boot != "":
		return last.Up, now.Up, last.Boot != now.Boot, true
	}
	up, err := t.Uptime()
	from = up - now.Time.Sub(last.Time)
	return from, up, from < 0, err == nil && from < up
}

// kept adds what was found to the record of a death.
func kept(d past.Death, said *postmortem.Finding, v postmortem.Verdict, e postmortem.Evidence) *past.Death {
	d.Absent, d.Silent, d.Findings = e.Absent, e.Silent, slices.Clone(v.Used)
	for i, f := range d.Findings {
		d.Findings[i].Said = said != nil && f.Text == said.Text && f.Source == said.Source
	}
	return d.Bounded()
}

// Findings returns what was recorded for an incident: what the manager has said (nil if
// nothing) and what witnesses have found. An older version recorded only the cause.
func Findings(i past.Incident) (said *postmortem.Finding, found []postmortem.Finding) {
	if i.Death == nil && i.Cause != "" {
		return &postmortem.Finding{
			Cause: i.Kind, Text: i.Cause, Main: true, Sure: i.Certainty, Source: i.Source,
		}, nil
	}
	if i.Death == nil {
		return nil, nil
	}
	for _, f := range i.Death.Findings {
		if f.Said {
			said = &f
			continue
		}
		found = append(found, f)
	}
	return said, found
}

// Dead returns the processes that witnesses are asked about.
func Dead(daemon Daemon, d past.Death) postmortem.Dead {
	_, service := words.CutService(d.Service) // the name that its manager uses
	dead := postmortem.Dead{Daemon: daemon.Name, Executable: daemon.Spec.Executable, Service: service, Manager: d.Manager, Processes: d.Processes, From: d.From, To: d.To}
	if file := daemon.Spec.PIDFile; file != nil {
		dead.PIDFile = file.Path
	}
	return dead
}
