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

// sawUp remembers a daemon that is up, and tells it if that is not the one that
// was there before.
func (r *task) sawUp(ctx context.Context, v check.Verdict) {
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

// isGone reports whether none of these processes runs any more. Mostly the look has
// seen one of them.
func (r *task) isGone(list, seen []past.Process) bool {
	return !slices.ContainsFunc(list, func(p past.Process) bool {
		if slices.ContainsFunc(seen, func(s past.Process) bool { return s.PID == p.PID && s.Start == p.Start }) {
			return true
		}
		runs, err := r.Runs(p.PID, p.Start)
		return runs || err != nil
	})
}

// wasThere reports whether some process of the daemon was there when it was last seen
// up. A healthy run does not see all of them, and the one that it saw may have been
// a worker, which come and go.
func (r *task) wasThere(ctx context.Context, now past.Stamp) bool {
	opts := r.options()
	opts.Measure = true
	v := r.looks.one(ctx, r.daemon.Spec, opts)
	since := now.Since(r.past.LastUp)
	return v.State != check.Up || slices.ContainsFunc(v.Matches, func(m check.Match) bool { return m.Usage.Age >= since })
}

// forAnother is the daemon for which a run has restarted a service of this one since this
// one was last seen up; "" if none has.
func (r *task) forAnother() string {
	for _, service := range r.daemon.Services {
		if by := r.turns.restartedFor(r.lockName(service)); by != "" && by != r.report.Name {
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
func (r *task) noteRestart(before, seen []past.Process) {
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
func (r *task) remembered(v check.Verdict) []past.Process {
	const most = 16
	var list []past.Process
	for _, m := range v.Matches[:min(len(v.Matches), most)] {
		p := past.Process{
			PID: m.PID, Start: m.Usage.Start, Parent: m.Parent, Children: m.Usage.Children, Unit: r.unitOf(m),
			Exe: m.Exe, File: past.File(m.File), Script: past.File(m.ScriptFile),
		}
		if len(m.Usage.Threads) > 1 { // a single one has the number of the process
			p.Threads = m.Usage.Threads
		}
		list = append(list, p)
	}
	return list
}

// unitOf: the unit of a process is read when it is first seen.
func (r *task) unitOf(m check.Match) string {
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
func (r *task) recall(now past.Stamp) {
	if r.past.LastUp.Boot != now.Boot || r.daemon.Spec.Rule {
		return
	}
	for _, p := range r.past.Processes {
		r.daemon.Spec.Remembered = append(r.daemon.Spec.Remembered, check.Remembered{
			PID: p.PID, Start: p.Start, Exe: p.Exe, File: proctable.FileID(p.File), Script: proctable.FileID(p.Script),
		})
	}
}

// noticeOldImage says once that a daemon runs an old program, as long as it is the same
// process and the same program.
func (r *task) noticeOldImage(v check.Verdict) {
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

func pidsText(list []past.Process) string {
	numbers := make([]int, len(list))
	for i, p := range list {
		numbers[i] = p.PID
	}
	return report.PIDList(numbers)
}
