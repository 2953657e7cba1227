package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"daemon-keeper/check/proctable"
)

// Probe gives the last word on a verdict that is Pending: it connects to the
// addresses at which the daemon listens, and watches for a while how much CPU its
// processes use. All at once; it returns when the longest has ended.
//
// afterRestart leaves out the CPU: what a daemon does with it in its first
// seconds says nothing.
func (o *Observer) Probe(ctx context.Context, spec Spec, v Verdict, afterRestart bool) Verdict {
	if !v.Pending {
		return v
	}
	var wg sync.WaitGroup
	heard, busy := make([]probed, len(spec.Listen)), probed{}
	for i, l := range spec.Listen {
		wg.Go(func() { heard[i] = l.probe(ctx, o.files, v.Matches) })
	}
	if spec.CPU != nil && !afterRestart {
		wg.Go(func() { busy = watch(ctx, proctable.New(o.files), *spec.CPU, v.Matches) })
	}
	wg.Wait()
	return settle(spec, v, together(heard), busy)
}

// together is what all addresses say; one that cannot be told leaves the others' faults.
func together(list []probed) probed {
	var all probed
	for _, p := range list {
		all.faults = append(all.faults, p.faults...)
		all.err = errors.Join(all.err, p.err)
	}
	return all
}

// probed is what a probe has found.
type probed struct {
	faults []Fault
	err    error // it cannot be told
	busy   []int // processes that break the CPU limit
}

// settle is the pure half of Probe.
func settle(spec Spec, v Verdict, heard, busy probed) Verdict {
	v.Pending = false
	if spec.Rule && spec.CPU != nil {
		v.Matches = slices.DeleteFunc(slices.Clone(v.Matches), func(m Match) bool { return !slices.Contains(busy.busy, m.PID) })
		v.others = usageFaults(spec, v.Matches, len(v.clouded))
	}
	faults := append([]Fault(nil), heard.faults...)
	for _, f := range few(busy.faults) {
		f.Severity = spec.severity(CPU)
		faults = append(faults, f)
	}
	v.others = append(faults, v.others...)
	v = conclude(spec, v)
	switch err := errors.Join(heard.err, busy.err); {
	case err == nil || v.State != Up:
	case v.has(Alarm): // which is for sure
		v.Faults = append(v.Faults, Fault{Listening, Warn, err.Error()})
	default:
		v.State, v.Err = Unknown, err
	}
	return v
}

// firstMoments is how long all processes are watched; only those that are busy
// from the first on are watched for the whole time.
const firstMoments = 250 * time.Millisecond

// watch finds the processes that use more CPU than the limit.
func watch(ctx context.Context, t proctable.Table, limit CPULimit, matches []Match) probed {
	began := time.Now()
	first, err := sample(t, matches)
	if err != nil {
		return probed{err: err}
	}
	if !pause(ctx, min(firstMoments, limit.For)) {
		return probed{err: fmt.Errorf("cannot tell how busy it is: %w", context.Cause(ctx))}
	}
	soon, err := sample(t, matches)
	if err != nil {
		return probed{err: err}
	}
	suspects := overLimit(matches, first, soon, limit.Over, 2*tickOfClock) // generous: the kernel counts in whole ticks
	if len(suspects) == 0 {
		return probed{}
	}
	if !pause(ctx, limit.For-time.Since(began)) {
		return probed{err: fmt.Errorf("cannot tell how busy it is: %w", context.Cause(ctx))}
	}
	last, err := sample(t, suspects)
	if err != nil {
		return probed{err: err}
	}
	var p probed
	for _, m := range overLimit(suspects, first, last, limit.Over, 0) {
		used, took := last[m.PID].since(first[m.PID])
		p.busy = append(p.busy, m.PID)
		p.faults = append(p.faults, Fault{Aspect: CPU, Text: fmt.Sprintf("process %d has used %s of a CPU for %v, more than %s",
			m.PID, percent(float64(used)/float64(took)), took.Round(100*time.Millisecond), percent(limit.Over))})
	}
	return p
}

// tickOfClock is the unit in which the kernel counts CPU time.
const tickOfClock = 10 * time.Millisecond

// moment is the CPU time that a process had used, and when that was read: of thousands
// of processes, the last is read much later than the first.
type moment struct {
	proctable.Times
	at time.Time
}

func (m moment) since(earlier moment) (used, took time.Duration) {
	return m.CPU - earlier.CPU, m.at.Sub(earlier.at)
}

// sample leaves out processes that have ended.
func sample(t proctable.Table, matches []Match) (map[int]moment, error) {
	list := make(map[int]moment, len(matches))
	for _, m := range matches {
		spent, err := t.Times(m.PID)
		switch {
		case errors.Is(err, proctable.ErrGone):
		case err != nil:
			return nil, err
		default:
			list[m.PID] = moment{spent, time.Now()}
		}
	}
	return list, nil
}

// overLimit are those that have used more than such a share of a CPU from one
// sample to the other, or as much but for some slack.
func overLimit(matches []Match, from, to map[int]moment, share float64, slack time.Duration) []Match {
	var over []Match
	for _, m := range matches {
		a, seen := from[m.PID]
		b, still := to[m.PID]
		used, took := b.since(a)
		if seen && still && a.Start == b.Start && float64(used+slack) > share*float64(took) {
			over = append(over, m)
		}
	}
	return over
}

// pause ends early, with false, if ctx does.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
