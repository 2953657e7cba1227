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

// memory is what a run knows from earlier runs and leaves to later ones. Without a store it
// knows nothing, and the work goes on.
type memory struct {
	store  *state.Store
	key    string
	pauses []past.Pause
	stops  map[string]ourStop     // our last stop of each service; daemons may share services
	gone   map[string]past.Daemon // remembered daemons that this run was not asked for
	now    func() past.Stamp
	saving sync.Mutex // held during a save: tasks of this run wait for each other
}

// ourStop is a stop of a service by a run, and the daemon that it was made for.
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

// load reads what earlier runs have left. What cannot be read counts as empty.
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
	for _, t := range p.tasks {
		t.inFile = all[t.daemon.Name]
		t.past = t.inFile.Clone() // inFile must not change
		if t.past.Known.IsZero() {
			t.past.Known = now
		}
		t.past.Known = now.Retell(t.past.Known) // in this boot, because a set clock can only be corrected for within one
		t.recall(now)
	}
}

// reload takes over what another run has remembered since. It is called once we hold the
// locks, so no other run is at work.
func (t *task) reload() {
	if t.store() == nil || t.DryRun {
		return
	}
	all, err := t.store().Read(t.memory.key)
	if now := all[t.daemon.Name]; err == nil && !same(now, t.inFile) {
		t.inFile, t.past = now, now.Clone()
		t.sawDown(standing(t.last))
	}
}

// forgotten logs that the memory cannot be read or written. If several of its files fail for
// the same reason, that is logged once, for the first file.
func (p *pass) forgotten(err error) {
	var file *state.FileError
	if errors.As(err, &file) {
		if _, before := p.told.LoadOrStore("memory: "+file.Why, true); before {
			return
		}
	}
	p.logOnce(report.Warning, "%v%s; daemons are restarted all the same", err, inBrackets(words.Hint(err)))
}

// save writes what these tasks know for later runs. Without the locks, an entry that another
// run has changed is left alone. Ended incidents are announced only after a successful save,
// so exactly one run announces each.
func (p *pass) save(sync bool, runs ...*task) error {
	m := p.memory
	if m.store == nil || !p.acts() {
		return nil
	}
	m.saving.Lock()
	defer m.saving.Unlock()
	err := m.store.Update(m.key, sync, func(all map[string]past.Daemon) {
		for _, t := range runs {
			t.saved = t.locked || same(all[t.daemon.Name], t.inFile)
			if t.saved {
				all[t.daemon.Name] = t.past
			}
		}
	})
	if err != nil {
		p.forgotten(err)
	}
	for _, t := range runs {
		t.saved = t.saved && err == nil
		if t.saved {
			t.inFile = t.past.Clone()
			t.conclude()
		}
	}
	return err
}

// same reports whether two entries are equal once they are written to a file.
func same(a, b past.Daemon) bool {
	if reflect.DeepEqual(a, b) { // the usual case
		return true
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// saveAll is the only write of a run that finds all well.
func (p *pass) saveAll() {
	var list []*task
	sync := false
	for _, t := range p.tasks {
		unchanged := t.report.Result == report.CannotTell && !t.transition
		if !t.daemon.LookOnly && !t.daemon.Spec.Rule && !t.report.Busy && !t.others && !unchanged {
			list = append(list, t)
			sync = sync || t.transition
		}
	}
	if len(list) > 0 {
		_ = p.save(sync, list...) // the error has been reported
	}
}

// isOthers reports whether another run is at work on the daemon.
func (t *task) isOthers() bool { return errors.As(t.findHolder(), new(*state.HeldError)) }

// findHolder returns an error that says who is at work on the daemon. Locks of services that
// have their turn in this run are our own and are skipped.
func (t *task) findHolder() error {
	return state.FindHolder(t.RunDir, t.turns.idle(t.lockNames(t.daemon.Services)))
}

// isStale reports whether another run has written the entry since we read it: that run may
// have restarted the daemon and told everybody.
func (t *task) isStale() bool {
	all, err := t.store().Read(t.memory.key)
	return err == nil && !same(all[t.daemon.Name], t.inFile)
}

// news reports whether the reason for doing nothing is new to people. A known reason is not
// logged again; status and similar commands still show it.
func (t *task) news(why string) bool {
	if t.store() == nil {
		return true
	}
	if t.past.Told == why {
		t.report.Known = t.acts() // commands that only ask always get the answer
		return false
	}
	t.past.Told, t.transition = why, true
	return true
}

// totals returns the remembered totals, with the current incident added.
func (t *task) totals() *report.Totals {
	if t.store() == nil {
		return nil
	}
	sum := t.past.Totals
	down := sum.Downtime
	if t.past.Incident != nil {
		i := t.past.SoFar(t.memory.now())
		down += i.Seconds - i.Held
	}
	return &report.Totals{Incidents: sum.Incidents, Restarts: sum.Restarts, Downtime: words.Duration(down)}
}

func (t *task) store() *state.Store { return t.memory.store }

// notice reports something odd about a daemon that is up.
func (t *task) notice(level report.Level, text string) {
	t.Log.Log(level, "%s%s", t.inName(), text)
	t.report.Notices = append(t.report.Notices, text)
}
