package keeper

import (
	"context"
	"slices"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// findCause asks why the daemon is down, before the restart takes the evidence away:
// once in an incident, for a daemon that is killed by its own restarts has died of
// the first cause. That is no cause of what is wrong with processes that run since.
func (t *task) findCause(ctx context.Context) {
	i := t.past.Incident
	switch {
	case i == nil || i.Kind == "":
	case t.isUnwell():
		return
	default:
		t.report.Cause, t.report.Sender, t.report.Certainty, t.report.Source = i.Cause, i.Sender, i.Certainty, i.Source
		return
	}
	d, said, e := t.death(ctx)
	t.report.Sender, t.report.Certainty, t.report.Source = d.Sender, string(d.Sure), d.Source
	if t.report.Cause = d.Text; d.Text != "" {
		t.Log.Log(report.Notice, "'%s': %s", t.report.Name, d.Text)
	}
	if i == nil || t.DryRun || ctx.Err() != nil { // nothing is restarted any more: the next run asks
		return
	}
	i.Kind, i.Cause, t.transition = d.Cause, d.Text, true
	i.Sender, i.Certainty, i.Source = d.Sender, string(d.Sure), d.Source
	if i.Death == nil { // an older version has opened the incident
		i.Death = t.numbers(t.memory.now())
	}
	i.Death = kept(*i.Death, said, d, e)
	i.Died = died(*i, t.memory.now(), d.Used)
	if t.past.Deaths == nil {
		t.past.Deaths = make(map[words.Cause]int)
	}
	t.past.Deaths[i.Kind]++
}

// died is when the daemon of an incident has died, by the clock by which its beginning was
// written down: the clock may have been set since.
func died(i past.Incident, now past.Stamp, found []postmortem.Finding) time.Time {
	retold := i.Retold(now)
	at := diedAt(found, retold.LastUp, retold.Down)
	if at.IsZero() {
		return at
	}
	return at.Add(i.Down.Sub(retold.Down))
}

// diedAt is the time of the last of what has ended a daemon, between the last look at which
// it was up and the first at which it was down; zero if nobody knows one. A time outside
// of these is of a clock that was set, or of another process; and so it may be of a daemon
// that was never seen up.
func diedAt(found []postmortem.Finding, up, down time.Time) (died time.Time) {
	if up.IsZero() {
		return died
	}
	for _, f := range found {
		if f.Main && !f.Aside && f.Sure != postmortem.Hint && f.When.After(up) && !f.When.After(down) && f.When.After(died) {
			died = f.When
		}
	}
	return died
}

// isUnwell reports whether processes of the daemon run, and do not do what is asked of them.
func (t *task) isUnwell() bool { return trouble(t.last) != "" && !isRemains(t.last) }

// death is what the manager says of the first service, which is the daemon's own (the
// others are restarted with it), and what witnesses have found. They are asked at the
// same time.
func (t *task) death(ctx context.Context) (v postmortem.Verdict, said *postmortem.Finding, e postmortem.Evidence) {
	if t.isUnwell() { // which stands in every report
		trouble := trouble(t.last)
		said = &postmortem.Finding{Cause: words.NotWell, Text: "not well: " + trouble, Main: true, Sure: postmortem.Certain, Source: "daemon-keeper"}
		v = postmortem.Weigh(said, nil)
		return postmortem.Verdict{Cause: v.Cause, Used: v.Used}, said, e
	}
	t.deaths <- struct{}{} // 300 at once take longer than each of them may
	defer func() { <-t.deaths }()
	ctx, cancel := context.WithTimeout(ctx, t.EvidenceTime)
	defer cancel()
	found := make(chan postmortem.Evidence, 1)
	go func() { found <- t.evidence(ctx) }()
	said, err := t.managerSays(ctx)
	e = <-found
	for _, why := range e.Silent {
		t.Log.Log(report.Info, "'%s': cannot learn all of its end: %s", t.report.Name, why)
	}
	if err != nil {
		e.Silent = append(e.Silent, t.managerOf(t.daemon.Services[0])+": "+err.Error())
	}
	return postmortem.Weigh(said, e.Findings), said, e
}

// tellCause finds out why the daemon is down, and tells people, once.
func (t *task) tellCause(ctx context.Context) {
	t.findCause(ctx)
	t.report.LastWords = t.lastWords()
	t.announce(ctx)
}

// managerSays is nil if the manager does not know how the service has ended.
func (t *task) managerSays(ctx context.Context) (*postmortem.Finding, error) {
	d, err := t.Manager.Death(ctx, t.daemon.Services[0])
	if err != nil {
		t.Log.Log(report.Info, "'%s': the cause is not known: %v", t.report.Name, err)
	}
	now := t.memory.now()
	return Said(d, t.managerOf(t.daemon.Services[0]), t.numbers(now).Processes, now.Time, now.Retell(t.past.LastUp).Time), err
}

// saidSlack is what the clocks of a manager and of a run may differ.
const saidSlack = 2 * time.Second

// Said is what a manager says of a death, of whose processes the numbers are known; nil if it
// does not know, or speaks of an end before the daemon was last seen up: what ran since was
// started by somebody else, and ended without the manager.
func Said(d rcd.Death, manager string, died []words.Process, now, lastUp time.Time) *postmortem.Finding {
	if d.Text == "" {
		return nil
	}
	f := &postmortem.Finding{Cause: d.Cause, Signal: d.Signal, Text: d.Text, Main: true, Sure: postmortem.Certain, Source: manager}
	if d.Ago > 0 {
		f.When = now.Add(-d.Ago)
	}
	if !slices.ContainsFunc(died, func(p words.Process) bool { return p.PID == d.PID }) {
		f.Sure = postmortem.Likely // it has died again since: the witnesses are asked about another process
		if !f.When.IsZero() && f.When.Before(lastUp.Add(-saidSlack)) {
			return nil
		}
	}
	return f
}

// evidence asks the witnesses about the processes that are remembered. What happened to
// their numbers before the daemon was last seen up was about other processes; and so was
// all that happened in this boot, if it was last seen in another one.
func (t *task) evidence(ctx context.Context) postmortem.Evidence {
	now := t.memory.now()
	_, to, rebooted, known := t.window(now)
	if t.Evidence == nil || !known {
		return postmortem.Evidence{}
	}
	d := Dead(t.daemon, *t.numbers(now))
	d.Manager, d.Wall, d.LastUp = t.managerOf(t.daemon.Services[0]), now.Time, t.past.LastUp.Time
	d.To, d.Rebooted = to, rebooted
	if t.Outputs != nil && t.RunDir != "" {
		d.Output = (&rcd.Outputs{Dir: t.RunDir}).Path(t.daemon.Services[0])
	}
	if s := t.supervision(ctx); s != nil {
		d.Log, d.Title = s.Written, t.titleOf(ctx, s)
	}
	return t.Evidence(ctx, d)
}
