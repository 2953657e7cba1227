package keeper

import (
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// prune drops the entries of daemons that are no longer in the configuration. Otherwise a
// daemon that was down when it was removed would stay down in the records forever. Only a run
// with the whole configuration, without errors in it, knows which these are.
func (p *pass) prune() {
	if !p.Whole || len(p.memory.gone) == 0 || !p.acts() {
		return
	}
	var over []past.Incident
	err := p.memory.store.Update(p.memory.key, true, func(all map[string]past.Daemon) {
		over = nil
		for name, was := range p.memory.gone {
			d, there := all[name]
			if !there || !same(d, was) { // another run is keeping it at the moment
				continue
			}
			if d.Incident != nil {
				i := *closed(d, p.memory.now(), words.Removed)
				i.Up = time.Time{} // it was not seen up
				over = append(over, i)
			}
			delete(all, name)
		}
	})
	if err != nil { // the next run tries again, and reports it then
		p.forgotten(err)
		return
	}
	for _, i := range over {
		if err := p.memory.store.Append(i); err != nil {
			p.forgotten(err)
		}
		p.Log.Log(report.Notice, "'%s' is no longer kept; it was down for %s", i.Daemon, terminal.Seconds(words.Duration(i.Seconds)))
	}
}

// closed returns the current incident, ended with this outcome.
func closed(d past.Daemon, now past.Stamp, outcome words.Outcome) *past.Incident {
	i := new(d.SoFar(now))
	i.Up, i.Outcome = now.Time, outcome
	return i
}
