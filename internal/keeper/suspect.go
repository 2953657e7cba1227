package keeper

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// Processes answers questions about single processes. A healthy run does not ask any.
type Processes interface {
	// Read reads everything about a process; runs is false if there is none.
	Read(pid int) (p proctable.Process, runs bool, err error)
	// Leads finds processes that were started by the path of a Spec and execute another file.
	Leads(ctx context.Context, spec check.Spec) ([]proctable.Process, error)
	// Listens reports whether a process waits for connections.
	Listens(pid int) (bool, error)
	// PIDFile returns the process that a pidfile names, and whether it runs; known is false
	// if that is unknown.
	PIDFile(path string) (pid int, runs, known bool)
}

// suspects reports whether a daemon that seems to be up may consist of leftovers only: a
// remembered main process has ended, or a process that no run has seen before is in the unit
// of another service. It starts no process and, if nothing has changed, reads nothing.
func (t *task) suspects(v check.Verdict) bool {
	switch {
	case v.State != check.Up || len(v.Matches) == 0 || t.daemon.Spec.Rule || t.daemon.LookOnly || t.Processes == nil:
		return false
	}
	return t.endedMain(v).PID != 0 || !t.Watching && slices.ContainsFunc(v.Matches, t.isStranger)
}

// endedMain returns a remembered main process that has ended; its PID is 0 if there is none.
func (t *task) endedMain(v check.Verdict) past.Process {
	if t.store() == nil || t.past.LastUp.Boot != t.memory.now().Boot {
		return past.Process{}
	}
	for _, p := range tops(t.past.Processes) {
		if slices.ContainsFunc(v.Matches, func(m check.Match) bool { return isSame(p, m) }) {
			continue
		}
		if runs, err := t.Runs(p.PID, p.Start); !runs && err == nil {
			return p
		}
	}
	return past.Process{}
}

// tops lists the processes that are not children of any other in the list.
func tops(list []past.Process) []past.Process {
	return slices.DeleteFunc(slices.Clone(list), func(p past.Process) bool {
		return slices.ContainsFunc(list, func(other past.Process) bool {
			return other.PID == p.Parent || slices.Contains(other.Children, p.PID)
		})
	})
}

func isSame(p past.Process, m check.Match) bool { return p.PID == m.PID && p.Start == m.Usage.Start }

// isStranger reports whether a process that is not remembered is in a systemd unit that
// belongs to none of the daemon's services.
func (t *task) isStranger(m check.Match) bool {
	known := slices.ContainsFunc(t.past.Processes, func(p past.Process) bool { return isSame(p, m) })
	return !known && t.isElsewhere(m.Usage.Unit)
}

func (t *task) isElsewhere(unit string) bool {
	if unit == "" || t.Manager == nil || len(t.daemon.Services) == 0 {
		return false
	}
	return !slices.ContainsFunc(t.daemon.Services, func(service string) bool {
		if t.managerOf(service) != "systemd" { // services of other managers run in the unit of whoever has started them
			return true
		}
		_, service = words.CutService(service)
		return unit == service || strings.TrimSuffix(unit, ".service") == service
	})
}

// question settles a suspicion: it asks the manager, the pidfile and the processes
// themselves. A daemon that consists of leftovers only is Down.
func (t *task) question(ctx context.Context, v check.Verdict) check.Verdict {
	t.doubt = ""
	if !t.suspects(v) {
		return v
	}
	opts := t.options()
	opts.Full = true
	all := t.looks.one(ctx, t.daemon.Spec, opts)
	if all.State != check.Up || len(all.Matches) == 0 {
		return all
	}
	all.Pending, all.Faults = false, v.Faults // the probe has already been made
	left := t.remainsOf(ctx, all)
	found := left.judge()
	switch {
	case found.dead:
		t.past.Left = leftOf(all.Matches)
		all.State = check.Down
		all.Faults = append(all.Faults[:len(all.Faults):len(all.Faults)], check.Fault{Aspect: check.MainEnded, Severity: check.Restart, Text: left.text()})
		return all
	case found.why != "":
		t.doubt = left.doubtText(found.why)
	}
	all.Matches = mainFirst(all.Matches, found.main)
	return all
}

// remainsOf gathers what is known.
func (t *task) remainsOf(ctx context.Context, v check.Verdict) remains {
	left := remains{gone: t.endedMain(v), told: runtime.GOOS == "linux", twice: t.past.UpSince.Before(t.past.LastUp)}
	if len(t.daemon.Services) > 0 {
		left.service = t.daemon.Services[0] // the first service is the daemon's own
		left.cond = t.condition(ctx, left.service)
	}
	if file := t.daemon.Spec.PIDFile; file != nil {
		left.file.pid, left.file.runs, left.file.known = t.Processes.PIDFile(file.Path)
	}
	since := time.Duration(-1)
	if t.store() != nil && !t.past.LastUp.IsZero() {
		since = t.memory.now().Since(t.past.LastUp)
	}
	left.cond.Life = left.cond.LifeNow() // and the ages are of the same moment: they are compared
	parents := make(map[int]int)
	var ages []time.Duration
	for _, m := range v.Matches {
		parents[m.PID] = m.Parent
		ages = append(ages, m.Usage.AgeNow())
	}
	for i, m := range v.Matches {
		inService, elsewhere := strings.HasSuffix(m.Usage.Unit, ".service"), t.isElsewhere(m.Usage.Unit)
		left.relics = append(left.relics, relic{
			pid: m.PID, unit: m.Usage.Unit, age: ages[i],
			old:   since >= 0 && ages[i] >= since,
			left:  slices.ContainsFunc(t.past.Left, func(p past.Process) bool { return isSame(p, m) }),
			kin:   descends(m.PID, parents, left.gone.Children),
			heir:  t.isHeir(m, v.Matches),
			own:   inService && !elsewhere,
			alien: inService && elsewhere,
		})
	}
	return left
}

// leftOf returns the leftovers in the form in which later runs recognise them.
func leftOf(matches []check.Match) []past.Process {
	list := make([]past.Process, 0, len(matches))
	for _, m := range matches {
		list = append(list, past.Process{PID: m.PID, Start: m.Usage.Start})
	}
	return list
}

// descends reports whether a process is one of these, or descends from one of them through
// processes that count.
func descends(pid int, parents map[int]int, of []int) bool {
	for range len(parents) + 1 {
		if slices.Contains(of, pid) {
			return true
		}
		parent, counts := parents[pid]
		if !counts {
			return false
		}
		pid = parent
	}
	return false
}

// isHeir reports whether a process has started others that count and waits for connections.
// If the latter is unknown, it counts as waiting.
func (t *task) isHeir(m check.Match, all []check.Match) bool {
	if !slices.ContainsFunc(all, func(other check.Match) bool { return other.Parent == m.PID }) {
		return false
	}
	listens, err := t.Processes.Listens(m.PID)
	return listens || err != nil
}

// conditionTime limits the question about a service's condition.
const conditionTime = 3 * time.Second

// condition asks the manager about a service. If the manager does not answer, the state is
// unknown.
func (t *task) condition(ctx context.Context, service string) rcd.Condition {
	o := t.observer()
	if o == nil {
		return rcd.Condition{}
	}
	t.deaths <- struct{}{} // bounded like the questions about causes of deaths
	defer func() { <-t.deaths }()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), conditionTime)
	defer cancel()
	c, err := o.Condition(ctx, service)
	if err != nil {
		return rcd.Condition{}
	}
	return c
}

// mainFirst puts the main process first or, if it is unknown, one that has started some of
// the others: the first is remembered first, so the next run looks at it first.
func mainFirst(matches []check.Match, main int) []check.Match {
	i := slices.IndexFunc(matches, func(m check.Match) bool { return m.PID == main })
	if i < 0 {
		i = slices.IndexFunc(matches, func(m check.Match) bool {
			return slices.ContainsFunc(matches, func(other check.Match) bool { return other.Parent == m.PID })
		})
	}
	if i <= 0 {
		return matches
	}
	list := []check.Match{matches[i]}
	return append(append(list, matches[:i]...), matches[i+1:]...)
}
