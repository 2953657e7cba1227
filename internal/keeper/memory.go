package keeper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
)

// memory is what a run knows of earlier ones, and leaves to later ones. Without a
// store it knows nothing, and the work goes on.
type memory struct {
	store  *state.Store
	key    string
	pauses []state.Pause
	stops  map[string]ourStop      // our last of each service, which daemons may share
	gone   map[string]state.Daemon // what is remembered, and this run was not asked for
	now    func() state.Stamp
	saving sync.Mutex // others of this run are waited for, however many they are
}

// ourStop is a stop of a service by a run, and the daemon for which that was.
type ourStop struct {
	state.Span
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
	m.stops, m.gone = make(map[string]ourStop), make(map[string]state.Daemon)
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
	for _, r := range p.runs {
		r.inFile = all[r.daemon.Name]
		r.past = r.inFile.Clone() // what is in the file stays as it is
		if r.past.Known.IsZero() {
			r.past.Known = m.now()
		}
		r.past.Known = m.now().Retell(r.past.Known) // another boot cannot tell any more
		r.recall(m.now())
	}
}

// reload takes over what another run has remembered since, once the locks say that
// none is at work any more.
func (r *run) reload() {
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
func (p *pass) save(sync bool, runs ...*run) error {
	m := p.memory
	if m.store == nil || p.DryRun || p.Watching {
		return nil
	}
	m.saving.Lock()
	defer m.saving.Unlock()
	err := m.store.Update(m.key, sync, func(all map[string]state.Daemon) {
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
func same(a, b state.Daemon) bool {
	if reflect.DeepEqual(a, b) { // as nearly always
		return true
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// saveAll is the one write of a run that finds all well.
func (p *pass) saveAll() {
	var list []*run
	sync := false
	for _, r := range p.runs {
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

// sawUp remembers a daemon that is up, and reports whether it is not the one that
// was there before.
func (r *run) sawUp(ctx context.Context, v check.Verdict) {
	if r.store() == nil || r.daemon.LookOnly || len(v.Matches) == 0 && r.past.Incident == nil { // of none that may be, only an end is worth a word
		return
	}
	if r.past.Incident != nil && !r.acted && !r.locked && (r.isOthers() || r.isStale()) {
		r.others = true // who restarts it has the last word
		return
	}
	now := r.memory.now()
	before, seen := r.past.Processes, r.remembered(v)
	sameBoot := r.past.LastUp.Boot == now.Boot
	replaced := len(before) > 0 && (!sameBoot || r.isGone(before, seen) && !r.wasThere(ctx, now))
	if replaced && sameBoot && r.past.Incident == nil && !r.acted && r.doubt == "" {
		r.noteRestart(before, seen)
	}
	if r.past.UpSince.IsZero() || replaced || now.Before(r.past.UpSince) {
		r.past.UpSince = now
	}
	r.past.LastUp, r.past.Processes, r.past.Told = now, seen, ""
	r.past.Tally = r.past.Tally.Up(r.daemon.Policy, r.past.UpSince, now)
	r.endIncident(ctx, now)
	r.release(now)
	r.past.HeldWhy = "" // see upgraded
}

// isOthers reports whether another run is at work on it.
func (r *run) isOthers() bool { return errors.As(r.findHolder(), new(*state.HeldError)) }

// findHolder asks who is at work on it. The lock of a service that has its turn in this run
// is our own.
func (r *run) findHolder() error {
	return state.FindHolder(r.RunDir, r.turns.idle(r.daemon.Services))
}

// isStale reports whether another run has written since: it may have restarted the
// daemon, and have told everybody.
func (r *run) isStale() bool {
	all, err := r.store().Read(r.memory.key)
	return err == nil && !same(all[r.daemon.Name], r.inFile)
}

// news reports whether people do not know yet why nothing is done. What they know is
// said no more, but for status and its kin.
func (r *run) news(why string) bool {
	if r.store() == nil {
		return true
	}
	if r.past.Told == why {
		r.report.Known = !r.DryRun && !r.Watching // who asks is told
		return false
	}
	r.past.Told, r.transition = why, true
	return true
}

// isGone reports whether none of these processes runs any more. Mostly the look has
// seen one of them.
func (r *run) isGone(list, seen []state.Process) bool {
	return !slices.ContainsFunc(list, func(p state.Process) bool {
		if slices.ContainsFunc(seen, func(s state.Process) bool { return s.PID == p.PID && s.Start == p.Start }) {
			return true
		}
		runs, err := r.Runs(p.PID, p.Start)
		return runs || err != nil
	})
}

// wasThere reports whether some process of the daemon was there when it was last seen
// up. A healthy run does not see all of them, and the one that it saw may have been
// a worker, which come and go.
func (r *run) wasThere(ctx context.Context, now state.Stamp) bool {
	opts := r.options()
	opts.Measure = true
	v := r.looks.one(ctx, r.daemon.Spec, opts)
	since := now.Since(r.past.LastUp)
	return v.State != check.Up || slices.ContainsFunc(v.Matches, func(m check.Match) bool { return m.Usage.Age >= since })
}

// forAnother is the daemon for which a run has restarted a service of this one since this
// one was last seen up; "" if none has.
func (r *run) forAnother() string {
	for _, service := range r.daemon.Services {
		if by := r.turns.restartedFor(service); by != "" && by != r.report.Name {
			return by
		}
		if stop, ours := r.memory.stops[service]; ours && stop.daemon != r.report.Name && r.past.LastUp.Before(stop.To) {
			return stop.daemon
		}
	}
	return ""
}

// noteRestart tells that a daemon that was up at the last look was restarted since. What a
// run did is in the diary only. What depends on a service that a run has restarted may
// have been restarted with it.
func (r *run) noteRestart(before, seen []state.Process) {
	pids := ": " + pidsText(before) + " -> " + pidsText(seen)
	if by := r.forAnother(); by != "" {
		r.Log.Log(report.Info, "'%s' was restarted for '%s', with which it shares a service%s", r.report.Name, by, pids)
		return
	}
	last := ""
	for service, stop := range r.memory.stops {
		if r.past.LastUp.Before(stop.To) && (last == "" || r.memory.stops[last].To.Before(stop.To)) {
			last = service
		}
	}
	switch {
	case last == "":
		r.notice(report.Notice, "it was restarted by someone else"+pids)
	case r.memory.stops[last].daemon == r.report.Name:
		r.Log.Log(report.Info, "'%s' was restarted by a run%s", r.report.Name, pids)
	default:
		r.notice(report.Notice, fmt.Sprintf("it was restarted by someone else, or with service '%s', which a run has restarted for '%s'%s", last, r.memory.stops[last].daemon, pids))
	}
}

// remembered is what a later run must know of the processes that count.
func (r *run) remembered(v check.Verdict) []state.Process {
	const most = 16
	var list []state.Process
	for _, m := range v.Matches[:min(len(v.Matches), most)] {
		p := state.Process{
			PID: m.PID, Start: m.Usage.Start, Parent: m.Parent, Children: m.Usage.Children, Unit: r.unitOf(m),
			Exe: m.Exe, File: state.File(m.File), Script: state.File(m.ScriptFile),
		}
		if len(m.Usage.Threads) > 1 { // a single one has the number of the process
			p.Threads = m.Usage.Threads
		}
		list = append(list, p)
	}
	return list
}

// unitOf: the unit of a process is read when it is first seen.
func (r *run) unitOf(m check.Match) string {
	if m.Usage.Unit != "" {
		return m.Usage.Unit
	}
	for _, p := range r.past.Processes {
		if isSame(p, m) {
			return p.Unit
		}
	}
	return ""
}

// recall has looks know the processes of this boot that were proven to be the daemon's.
func (r *run) recall(now state.Stamp) {
	if r.past.LastUp.Boot != now.Boot || r.daemon.Spec.Rule {
		return
	}
	for _, p := range r.past.Processes {
		r.daemon.Spec.Remembered = append(r.daemon.Spec.Remembered, check.Remembered{
			PID: p.PID, Start: p.Start, Exe: p.Exe, File: check.FileID(p.File), Script: check.FileID(p.Script),
		})
	}
}

// noticeOldImage says once that a daemon runs an old program, as long as it is the same
// process and the same program.
func (r *run) noticeOldImage(v check.Verdict) {
	i := slices.IndexFunc(v.Matches, func(m check.Match) bool { return m.OldImage })
	if i < 0 {
		r.past.OldImage = ""
		return
	}
	text, others := v.Matches[i].Old(), -1
	for _, m := range v.Matches {
		if m.OldImage {
			others++
		}
	}
	known := r.store() != nil && r.past.OldImage == text
	r.past.OldImage = text
	if others > 0 {
		text += fmt.Sprintf("; %d more of its processes do", others)
	}
	if known {
		r.report.Notices = append(r.report.Notices, text)
		return
	}
	r.notice(report.Notice, text)
}

func pidsText(list []state.Process) string {
	numbers := make([]int, len(list))
	for i, p := range list {
		numbers[i] = p.PID
	}
	return report.PIDList(numbers)
}

// totals are those that are remembered, with the incident under way.
func (r *run) totals() *report.Totals {
	if r.store() == nil {
		return nil
	}
	t := r.past.Totals
	down := t.Downtime
	if i := r.past.Incident; i != nil {
		now := r.memory.now()
		down += i.Lasts(now).Seconds() - i.Held
		if r.past.Held != "" {
			down -= now.Since(r.past.HeldSince).Seconds()
		}
	}
	return &report.Totals{Incidents: t.Incidents, Restarts: t.Restarts, Downtime: time.Duration(down * float64(time.Second))}
}

func (r *run) store() *state.Store { return r.memory.store }

// notice says what is odd about a daemon that is up.
func (r *run) notice(level report.Level, text string) {
	r.Log.Log(level, "%s%s", r.inName(), text)
	r.report.Notices = append(r.report.Notices, text)
}
