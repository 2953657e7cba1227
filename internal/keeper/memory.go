package keeper

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"sync"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
)

// memory is what a run knows of earlier ones, and leaves to later ones. Without a
// store it knows nothing, and the work goes on.
type memory struct {
	store  *state.Store
	key    string
	pauses []past.Pause
	stops  map[string]ourStop     // our last of each service, which daemons may share
	gone   map[string]past.Daemon // what is remembered, and this run was not asked for
	now    func() past.Stamp
	saving sync.Mutex // others of this run are waited for, however many they are
}

// ourStop is a stop of a service by a run, and the daemon for which that was.
type ourStop struct {
	past.Span
	daemon string
}

func (k *Keeper) remember() *memory {
	m := &memory{store: k.Store, key: k.Key, now: k.Clock}
	if m.now == nil {
		m.now = state.Clock()
	}
	return m
}

// load reads what earlier runs have left. What cannot be read counts as nothing.
func (p *pass) load() {
	m := p.memory
	if m.store == nil {
		return
	}
	all, err := m.store.Read(m.key)
	if err != nil {
		p.forgotten(err)
	}
	if m.pauses, err = m.store.Pauses(m.now()); err != nil {
		p.forgotten(err)
	}
	m.stops, m.gone = make(map[string]ourStop), make(map[string]past.Daemon)
	for name, d := range all {
		if p.byName[name] == nil {
			m.gone[name] = d
		}
		for service, stop := range d.Stops {
			if m.stops[service].From.Time.Before(stop.From.Time) {
				m.stops[service] = ourStop{stop, name}
			}
		}
	}
	now := m.now()
	for _, r := range p.tasks {
		r.inFile = all[r.daemon.Name]
		r.past = r.inFile.Clone() // what is in the file stays as it is
		if r.past.Known.IsZero() {
			r.past.Known = now
		}
		r.past.Known = now.Retell(r.past.Known) // another boot cannot tell any more
		r.recall(now)
	}
}

// reload takes over what another run has remembered since, once the locks say that
// none is at work any more.
func (r *task) reload() {
	if r.store() == nil || r.DryRun {
		return
	}
	all, err := r.store().Read(r.memory.key)
	if now := all[r.daemon.Name]; err == nil && !same(now, r.inFile) {
		r.inFile, r.past = now, now.Clone()
		r.sawDown(standing(r.last))
	}
}

// forgotten says that the memory fails; what fails for the same reason is said once,
// by the first of its files.
func (p *pass) forgotten(err error) {
	var file *state.FileError
	if errors.As(err, &file) {
		if _, before := p.told.LoadOrStore("memory: "+file.Why, true); before {
			return
		}
	}
	p.logOnce(report.Warning, "%v%s; daemons are restarted all the same", err, inBrackets(words.Hint(err)))
}

// save leaves what these runs know to later ones. Who does not hold the locks gives
// way to another run that has written since. What is over is made known only then:
// so one run alone does it, and once.
func (p *pass) save(sync bool, runs ...*task) error {
	m := p.memory
	if m.store == nil || !p.acts() {
		return nil
	}
	m.saving.Lock()
	defer m.saving.Unlock()
	err := m.store.Update(m.key, sync, func(all map[string]past.Daemon) {
		for _, r := range runs {
			r.saved = r.locked || same(all[r.daemon.Name], r.inFile)
			if r.saved {
				all[r.daemon.Name] = r.past
			}
		}
	})
	if err != nil {
		p.forgotten(err)
	}
	for _, r := range runs {
		r.saved = r.saved && err == nil
		if r.saved {
			r.inFile = r.past.Clone()
			r.conclude()
		}
	}
	return err
}

// same reports whether two are the same once they are in a file.
func same(a, b past.Daemon) bool {
	if reflect.DeepEqual(a, b) { // as nearly always
		return true
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// saveAll is the one write of a run that finds all well.
func (p *pass) saveAll() {
	var list []*task
	sync := false
	for _, r := range p.tasks {
		unchanged := r.report.Result == report.CannotTell && !r.transition
		if !r.daemon.LookOnly && !r.daemon.Spec.Rule && !r.report.Busy && !r.others && !unchanged {
			list = append(list, r)
			sync = sync || r.transition
		}
	}
	if len(list) > 0 {
		_ = p.save(sync, list...) // it was told
	}
}

// isOthers reports whether another run is at work on it.
func (r *task) isOthers() bool { return errors.As(r.findHolder(), new(*state.HeldError)) }

// findHolder asks who is at work on it. The lock of a service that has its turn in this run
// is our own.
func (r *task) findHolder() error {
	return state.FindHolder(r.RunDir, r.turns.idle(r.lockNames(r.daemon.Services)))
}

// isStale reports whether another run has written since: it may have restarted the
// daemon, and have told everybody.
func (r *task) isStale() bool {
	all, err := r.store().Read(r.memory.key)
	return err == nil && !same(all[r.daemon.Name], r.inFile)
}

// news reports whether people do not know yet why nothing is done. What they know is
// said no more, but for status and its kin.
func (r *task) news(why string) bool {
	if r.store() == nil {
		return true
	}
	if r.past.Told == why {
		r.report.Known = r.acts() // who asks is told
		return false
	}
	r.past.Told, r.transition = why, true
	return true
}

// totals are those that are remembered, with the incident under way.
func (r *task) totals() *report.Totals {
	if r.store() == nil {
		return nil
	}
	t := r.past.Totals
	down := t.Downtime
	if r.past.Incident != nil {
		i := r.past.SoFar(r.memory.now())
		down += i.Seconds - i.Held
	}
	return &report.Totals{Incidents: t.Incidents, Restarts: t.Restarts, Downtime: words.Duration(down)}
}

func (r *task) store() *state.Store { return r.memory.store }

// notice says what is odd about a daemon that is up.
func (r *task) notice(level report.Level, text string) {
	r.Log.Log(level, "%s%s", r.inName(), text)
	r.report.Notices = append(r.report.Notices, text)
}
