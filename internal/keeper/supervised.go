package keeper

import (
	"context"
	"fmt"
	"slices"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

// A supervisor of the daemontools family restarts its services by itself. While it runs and
// wants a service up, the daemon is left to it for a limited time, see rcd.Work. What it
// cannot do, and what nobody would notice, is reported.

// How a daemon is watched that its supervisor restarts again and again.
const (
	flaps     = 4               // this many starts within the time window are too many
	watchFor  = 6 * time.Second // a supervisor waits one second between two starts
	watchPoll = 25 * time.Millisecond
	livesFor  = 2 * time.Second // a daemon that lives this long has come up, and is no longer watched
	mostSeen  = 32              // how many starts are remembered

	flappingTime = 5 * time.Minute // the time window, if the configuration has none
)

// supervision returns what the supervisor of the daemon's own service, the first, does; nil
// if it has none or that is unknown.
func (t *task) supervision(ctx context.Context) *rcd.Supervision {
	if t.Supervised == nil || len(t.daemon.Services) == 0 || t.daemon.LookOnly {
		return nil
	}
	s, err := t.Supervised(ctx, t.daemon.Services[0])
	if err != nil {
		t.logOnce(report.Info, "cannot tell what the supervisor of service '%s' does: %v", t.daemon.Services[0], err)
		return nil
	}
	return s
}

// superviseUp adds to the verdict of a daemon that is up what its supervisor shows: too many
// starts recently, or output that nobody reads.
func (t *task) superviseUp(ctx context.Context, v check.Verdict) check.Verdict {
	s := t.supervision(ctx)
	if s == nil {
		return v
	}
	add := func(severity check.Severity, text string) {
		v.Faults = append(v.Faults[:len(v.Faults):len(v.Faults)], check.Fault{Severity: severity, Text: text})
	}
	if s.Up {
		t.sawStart(s.At)
	}
	if text := t.flapText(s, 0); text != "" {
		add(check.Alarm, text)
	}
	if s.Log != "" {
		add(check.Alarm, s.Log)
	}
	if !s.Watched {
		add(check.Warn, fmt.Sprintf("no %s runs for %s: nobody starts it again when it ends, and svc, sv and their like do nothing", s.By, s.Folder))
	}
	return v
}

// sawStart remembers a start by the supervisor, unless a run has asked for it.
func (t *task) sawStart(at time.Time) {
	if t.store() == nil || at.IsZero() || slices.ContainsFunc(t.past.Starts, at.Equal) || t.isOurStart(at) {
		return
	}
	t.past.Starts = append(t.past.Starts, at.UTC())
	if n := len(t.past.Starts); n > mostSeen {
		t.past.Starts = slices.Clone(t.past.Starts[n-mostSeen:])
	}
}

// isOurStart reports whether a start happened during a restart by a run.
func (t *task) isOurStart(at time.Time) bool {
	const after = 2 * time.Second
	stop, known := t.past.Stops[t.daemon.Services[0]]
	return known && !at.Before(stop.From.Time) && at.Before(t.past.Tally.Last.Time.Add(after))
}

// flapping watches a daemon that is down and that its supervisor has just started or is about
// to start. If the supervisor restarts it again and again, another restart would not help,
// and text says so; otherwise text is "". watched says that this took some time.
func (t *task) flapping(ctx context.Context) (text string, watched bool) {
	s := t.supervision(ctx)
	if s == nil || !s.Watched || !s.WantUp || len(t.last.Matches) > 0 { // it runs, but not well
		return "", false
	}
	if s.Up {
		t.sawStart(s.At)
	}
	if time.Since(s.At) > watchFor { // it is not being started now
		return "", false
	}
	if text := t.flapText(s, 0); text != "" || !t.acts() {
		return text, false
	}
	return t.watchStarts(ctx, s), true
}

// watchStarts watches the starts of some seconds, and how long the daemon lives at most
// between a start and its end. Its result is that of flapping.
func (t *task) watchStarts(ctx context.Context, s *rcd.Supervision) string {
	ctx, cancel := context.WithTimeout(ctx, watchFor)
	defer cancel()
	ticks := time.NewTicker(watchPoll)
	defer ticks.Stop()
	life, last := time.Duration(0), s
	for {
		text := t.flapText(last, life)
		if text != "" && life > 0 || last.Up && time.Since(last.At) > livesFor {
			return text
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return text
		}
		now, err := t.Supervised(ctx, t.daemon.Services[0])
		switch {
		case err != nil || now == nil:
			return text
		case now.At.Equal(last.At) && now.Up == last.Up:
			continue
		case now.Up:
			t.starts = append(t.starts, now.At)
			t.sawStart(now.At)
		case last.Up:
			life = max(life, now.At.Sub(last.At))
		}
		last = now
	}
}

// flapText says how often a supervisor has started the daemon recently, if that is too often.
func (t *task) flapText(s *rcd.Supervision, life time.Duration) string {
	within := t.daemon.Policy.Acceptable
	if within <= 0 {
		within = flappingTime
	}
	starts := t.past.Starts
	if t.store() == nil {
		starts = t.starts
	}
	// s6 remembers each death, including those by a stop or a restart, which the supervisor
	// has not caused.
	if deaths := slices.DeleteFunc(slices.Clone(s.Deaths), t.isOurStart); len(deaths) > len(starts) {
		starts = deaths
	}
	return flapsIn(starts, time.Now(), within, s.By, life)
}

// flapsIn is the pure part of flapText.
func flapsIn(starts []time.Time, now time.Time, within time.Duration, by string, life time.Duration) string {
	n, first := 0, now
	for _, at := range starts {
		if age := now.Sub(at); age >= 0 && age <= within {
			n++
			if at.Before(first) {
				first = at
			}
		}
	}
	if n < flaps {
		return ""
	}
	text := fmt.Sprintf("restarted %d times in %s by its supervisor (%s)", n, inSeconds(now.Sub(first)), by)
	if life > 0 {
		text += fmt.Sprintf(", dies after %.1f s", life.Seconds())
	}
	return text
}

// isFlapping reports whether a daemon that is down is left to its supervisor, or has come up
// in the meantime. A supervisor that starts it again and again raises an alarm; our restart
// would be one more.
func (t *task) isFlapping(ctx context.Context) bool {
	t.noteScanner(ctx)
	text, watched := t.flapping(ctx)
	if text == "" {
		return watched && t.settle(ctx, t.look(ctx))
	}
	t.flaps = true
	t.report.Result, t.report.Reason = report.StillDown, "flapping: "+text
	t.report.Hint = fmt.Sprintf("find out why it ends, or stop service %s", t.daemon.Services[0])
	if t.news("flapping") {
		t.Log.Log(report.Error, "'%s' is flapping: %s; it is left to its supervisor", t.report.Name, text)
	}
	return true
}

// noteScanner reports that the program that starts the daemon's supervisor does not run: if
// the supervisor ends, nobody starts it again. The check looks at all processes, so a healthy
// run does not make it.
func (t *task) noteScanner(ctx context.Context) {
	s := t.supervision(ctx)
	if s == nil || t.Commands == nil {
		return
	}
	found, err := t.Commands(ctx, s.IsScanner)
	if err == nil && len(found) == 0 {
		t.report.Notices = append(t.report.Notices, fmt.Sprintf("no %s runs: nobody starts %s for %s when that has ended", s.Scanner, s.By, s.Folder))
	}
}

// titleOf returns the last line that a supervisor shows of the output of services without a
// log of their own; "" if there is none.
func (t *task) titleOf(ctx context.Context, s *rcd.Supervision) (last string) {
	if t.Commands == nil || s.Written != "" {
		return ""
	}
	found, err := t.Commands(ctx, func(args []string) bool {
		text, ok := s.Title(args)
		return ok && text != ""
	})
	if err != nil || len(found) == 0 {
		return "" // it is only a hint
	}
	last, _ = s.Title(found[0].Args)
	return last
}
