package keeper

import (
	"context"
	"fmt"
	"slices"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
)

// sawUp remembers a daemon that is up, and reports it if it is not the same process as
// before.
func (t *task) sawUp(ctx context.Context, v check.Verdict) {
	if t.store() == nil || t.daemon.LookOnly || len(v.Matches) == 0 && t.past.Incident == nil { // of a rule without matches only the end of an incident is worth remembering
		return
	}
	if t.past.Incident != nil && !t.acted && !t.locked && (t.isOthers() || t.isStale()) {
		t.others = true // the run that restarts it decides
		return
	}
	now := t.memory.now()
	before, seen := t.past.Processes, t.remembered(v)
	sameBoot := t.past.LastUp.Boot == now.Boot
	replaced := len(before) > 0 && (!sameBoot || t.isGone(before, seen) && !t.wasThere(ctx, now))
	if replaced && sameBoot && t.past.Incident == nil && !t.acted && t.doubt == "" {
		t.noteRestart(before, seen)
	}
	if t.past.UpSince.IsZero() || replaced || now.Before(t.past.UpSince) {
		t.past.UpSince = now
	}
	t.past.LastUp, t.past.Processes, t.past.Told = now, seen, ""
	t.past.Tally = t.past.Tally.Up(t.daemon.Policy, t.past.UpSince, now)
	t.endIncident(ctx, now)
	t.release(now)
	t.past.HeldWhy = "" // see upgraded
}

// isGone reports whether none of these processes runs any more. Usually the look has seen one
// of them.
func (t *task) isGone(list, seen []past.Process) bool {
	return !slices.ContainsFunc(list, func(p past.Process) bool {
		if slices.ContainsFunc(seen, func(s past.Process) bool { return s.PID == p.PID && s.Start == p.Start }) {
			return true
		}
		runs, err := t.Runs(p.PID, p.Start)
		return runs || err != nil
	})
}

// wasThere reports whether some process of the daemon was running when it was last seen up. A
// healthy run does not see all processes, and the one that it saw may have been a worker;
// workers come and go.
func (t *task) wasThere(ctx context.Context, now past.Stamp) bool {
	opts := t.options()
	opts.Measure = true
	v := t.looks.one(ctx, t.daemon.Spec, opts)
	since := now.Since(t.past.LastUp)
	return v.State != check.Up || slices.ContainsFunc(v.Matches, func(m check.Match) bool { return m.Usage.AgeNow() >= since })
}

// forAnother returns the daemon for which a run has restarted a service of this daemon since
// this daemon was last seen up; "" if none.
func (t *task) forAnother() string {
	for _, service := range t.daemon.Services {
		if by := t.turns.restartedFor(t.lockName(service)); by != "" && by != t.report.Name {
			return by
		}
		if stop, ours := t.memory.stops[service]; ours && stop.daemon != t.report.Name && t.past.LastUp.Before(stop.To) {
			return stop.daemon
		}
	}
	return ""
}

// noteRestart reports that a daemon that was up at the last look has been restarted since. A
// restart by a run is only logged. A daemon that depends on a service that a run has
// restarted may have been restarted with it.
func (t *task) noteRestart(before, seen []past.Process) {
	pids := ": " + pidsText(before) + " -> " + pidsText(seen)
	if by := t.forAnother(); by != "" {
		t.Log.Log(report.Info, "'%s' was restarted for '%s', with which it shares a service%s", t.report.Name, by, pids)
		return
	}
	last := ""
	for service, stop := range t.memory.stops {
		if t.past.LastUp.Before(stop.To) && (last == "" || t.memory.stops[last].To.Before(stop.To)) {
			last = service
		}
	}
	switch {
	case last == "":
		t.notice(report.Notice, "it was restarted by someone else"+pids)
	case t.memory.stops[last].daemon == t.report.Name:
		t.Log.Log(report.Info, "'%s' was restarted by a run%s", t.report.Name, pids)
	default:
		t.notice(report.Notice, fmt.Sprintf("it was restarted by someone else, or with service '%s', which a run has restarted for '%s'%s", last, t.memory.stops[last].daemon, pids))
	}
}

// remembered returns what a later run must know about the processes that count.
func (t *task) remembered(v check.Verdict) []past.Process {
	const most = 16
	var list []past.Process
	for _, m := range v.Matches[:min(len(v.Matches), most)] {
		p := past.Process{
			PID: m.PID, Start: m.Usage.Start, Parent: m.Parent, Children: m.Usage.Children, Unit: t.unitOf(m),
			Exe: m.Exe, File: past.File(m.File), Script: past.File(m.ScriptFile),
		}
		if len(m.Usage.Threads) > 1 { // a single thread has the PID as its number
			p.Threads = m.Usage.Threads
		}
		list = append(list, p)
	}
	return list
}

// unitOf returns the unit of a process. It is read when the process is first seen.
func (t *task) unitOf(m check.Match) string {
	if m.Usage.Unit != "" {
		return m.Usage.Unit
	}
	for _, p := range t.past.Processes {
		if isSame(p, m) {
			return p.Unit
		}
	}
	return ""
}

// recall makes looks recognise the processes of this boot that were proven to be the
// daemon's.
func (t *task) recall(now past.Stamp) {
	if t.past.LastUp.Boot != now.Boot || t.daemon.Spec.Rule {
		return
	}
	for _, p := range t.past.Processes {
		t.daemon.Spec.Remembered = append(t.daemon.Spec.Remembered, check.Remembered{
			PID: p.PID, Start: p.Start, Exe: p.Exe, File: proctable.FileID(p.File), Script: proctable.FileID(p.Script),
		})
	}
}

// noticeOldImage reports that a daemon runs an old program: once for each process and
// program.
func (t *task) noticeOldImage(v check.Verdict) {
	i := slices.IndexFunc(v.Matches, func(m check.Match) bool { return m.OldImage })
	if i < 0 {
		t.past.OldImage = ""
		return
	}
	text, others := v.Matches[i].Old(), -1
	for _, m := range v.Matches {
		if m.OldImage {
			others++
		}
	}
	known := t.store() != nil && t.past.OldImage == text
	t.past.OldImage = text
	if others > 0 {
		text += fmt.Sprintf("; %d more of its processes do", others)
	}
	if known {
		t.report.Notices = append(t.report.Notices, text)
		return
	}
	t.notice(report.Notice, text)
}

func pidsText(list []past.Process) string {
	numbers := make([]int, len(list))
	for i, p := range list {
		numbers[i] = p.PID
	}
	return report.PIDList(numbers)
}
