package keeper

import (
	"slices"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/words"
)

// numbers are those by which witnesses can be asked about a daemon that is down now. What
// happened to them before it was last seen up was about other processes; and so was all
// that happened in this boot, if it was last seen in another one.
func (r *task) numbers(now past.Stamp) *past.Death {
	d := &past.Death{}
	if len(r.daemon.Services) > 0 {
		d.Service = r.daemon.Services[0]
	}
	switch {
	case r.Manager != nil && d.Service != "":
		d.Manager = r.managerOf(d.Service)
	case r.Manager != nil:
		d.Manager = r.Manager.Name()
	}
	if since := r.past.UpSince; !since.IsZero() {
		d.Lived = r.past.LastUp.Since(since).Seconds()
	}
	from, to, rebooted, known := r.window(now)
	if rebooted || !known {
		return d
	}
	d.Boot, d.From, d.To = now.Boot, from, to
	for _, p := range r.past.Processes {
		d.Processes = append(d.Processes, words.Process{PID: p.PID, Threads: p.Threads, Started: proctable.StartTime(p.Start, now.Time, now.Up)})
	}
	return d
}

// window is the time, since boot, from when the daemon was last seen up until now. Where
// the system tells no id of a boot, FreeBSD 13, the clock of the day says how long ago that
// was. It is not known if it was never seen.
func (r *task) window(now past.Stamp) (from, to time.Duration, rebooted, known bool) {
	last := r.past.LastUp
	switch {
	case last.IsZero() || (last.Boot == "") != (now.Boot == ""):
		return 0, 0, false, false
	case now.Boot != "":
		return last.Up, now.Up, last.Boot != now.Boot, true
	}
	up, err := r.Uptime()
	from = up - now.Time.Sub(last.Time)
	return from, up, from < 0, err == nil && from < up
}

// kept adds what was found to what is kept of a death.
func kept(d past.Death, said *postmortem.Finding, v postmortem.Verdict, e postmortem.Evidence) *past.Death {
	d.Absent, d.Silent, d.Findings = e.Absent, e.Silent, slices.Clone(v.Used)
	for i, f := range d.Findings {
		d.Findings[i].Said = said != nil && f.Text == said.Text && f.Source == said.Source
	}
	return d.Bounded()
}

// Findings are what was kept of an incident: what the manager has said, nil if it has said
// nothing, and what witnesses have found. One of an older version has the cause alone.
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

// Dead is who witnesses are asked about.
func Dead(daemon Daemon, d past.Death) postmortem.Dead {
	_, service := words.CutService(d.Service) // as its manager calls it
	dead := postmortem.Dead{Daemon: daemon.Name, Executable: daemon.Spec.Executable, Service: service, Manager: d.Manager, Processes: d.Processes, From: d.From, To: d.To}
	if file := daemon.Spec.PIDFile; file != nil {
		dead.PIDFile = file.Path
	}
	return dead
}
