package keeper

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"sync"
	"time"

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
	for _, t := range p.tasks {
		t.inFile = all[t.daemon.Name]
		t.past = t.inFile.Clone() // what is in the file stays as it is
		if t.past.Known.IsZero() {
			t.past.Known = now
		}
		t.past.Known = now.Retell(t.past.Known) // another boot cannot tell any more
		t.recall(now)
	}
}

// reload takes over what another run has remembered since, once the locks say that
// none is at work any more.
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
	for _, t := range p.tasks {
		unchanged := t.report.Result == report.CannotTell && !t.transition
		if !t.daemon.LookOnly && !t.daemon.Spec.Rule && !t.report.Busy && !t.others && !unchanged {
			list = append(list, t)
			sync = sync || t.transition
		}
	}
	if len(list) > 0 {
		_ = p.save(sync, list...) // it was told
	}
}

// isOthers reports whether another run is at work on it.
func (t *task) isOthers() bool { return errors.As(t.findHolder(), new(*state.HeldError)) }

// findHolder asks who is at work on it. The lock of a service that has its turn in this run
// is our own.
func (t *task) findHolder() error {
	return state.FindHolder(t.RunDir, t.turns.idle(t.lockNames(t.daemon.Services)))
}

// isStale reports whether another run has written since: it may have restarted the
// daemon, and have told everybody.
func (t *task) isStale() bool {
	all, err := t.store().Read(t.memory.key)
	return err == nil && !same(all[t.daemon.Name], t.inFile)
}

// news reports whether people do not know yet why nothing is done. What they know is
// said no more, but for status and its kin.
func (t *task) news(why string) bool {
	if t.store() == nil {
		return true
	}
	if t.past.Told == why {
		t.report.Known = t.acts() // who asks is told
		return false
	}
	t.past.Told, t.transition = why, true
	return true
}

// totals are those that are remembered, with the incident under way.
func (t *task) totals() *report.Totals {
	if t.store() == nil {
		return nil
	}
	sum := t.past.Totals
	down := sum.Downtime
	if i := t.past.Incident; i != nil {
		now := t.memory.now()
		down += i.Lasts(now).Seconds() - i.Held
		if t.past.Held != "" {
			down -= now.Since(t.past.HeldSince).Seconds()
		}
	}
	return &report.Totals{Incidents: sum.Incidents, Restarts: sum.Restarts, Downtime: time.Duration(down * float64(time.Second))}
}

func (t *task) store() *state.Store { return t.memory.store }

// notice says what is odd about a daemon that is up.
func (t *task) notice(level report.Level, text string) {
	t.Log.Log(level, "%s%s", t.inName(), text)
	t.report.Notices = append(t.report.Notices, text)
}
