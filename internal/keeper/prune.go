package keeper

import (
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// prune drops what is remembered of daemons that are in the configuration no more,
// else one that was down when it was taken out would stay down for ever. Only a run
// for all of the configuration, without a mistake in it, knows which these are.
func (p *pass) prune() {
	if !p.Whole || len(p.memory.gone) == 0 || !p.acts() {
		return
	}
	var over []past.Incident
	err := p.memory.store.Update(p.memory.key, true, func(all map[string]past.Daemon) {
		over = nil
		for name, was := range p.memory.gone {
			d, there := all[name]
			if !there || !same(d, was) { // another run keeps it just now
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
	if err != nil { // the next run tries again, and tells then
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

// closed is the incident under way at its end.
func closed(d past.Daemon, now past.Stamp, outcome words.Outcome) *past.Incident {
	i := new(d.SoFar(now))
	i.Up, i.Outcome = now.Time, outcome
	return i
}
