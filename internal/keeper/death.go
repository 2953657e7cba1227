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
func (r *task) findCause(ctx context.Context) {
	i := r.past.Incident
	switch {
	case i == nil || i.Kind == "":
	case r.isUnwell():
		return
	default:
		r.report.Blame = i.Blame
		return
	}
	d, said, e := r.death(ctx)
	blame := words.Blame{Cause: d.Text, Sender: d.Sender, Certainty: d.Sure, Source: d.Source}
	r.report.Blame = blame
	if d.Text != "" {
		r.Log.Log(report.Notice, "'%s': %s", r.report.Name, d.Text)
	}
	if i == nil || r.DryRun || ctx.Err() != nil { // nothing is restarted any more: the next run asks
		return
	}
	i.Kind, i.Blame, r.transition = d.Cause, blame, true
	if i.Death == nil { // an older version has opened the incident
		i.Death = r.numbers(r.memory.now())
	}
	i.Death = kept(*i.Death, said, d, e)
	i.Died = died(*i, r.memory.now(), d.Used)
	if r.past.Deaths == nil {
		r.past.Deaths = make(map[words.Cause]int)
	}
	r.past.Deaths[i.Kind]++
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
func (r *task) isUnwell() bool { return trouble(r.last) != "" && !isRemains(r.last) }

// death is what the manager says of the first service, which is the daemon's own (the
// others are restarted with it), and what witnesses have found. They are asked at the
// same time.
func (r *task) death(ctx context.Context) (v postmortem.Verdict, said *postmortem.Finding, e postmortem.Evidence) {
	if r.isUnwell() { // which stands in every report
		trouble := trouble(r.last)
		said = &postmortem.Finding{Cause: words.NotWell, Text: "not well: " + trouble, Main: true, Sure: postmortem.Certain, Source: "daemon-keeper"}
		v = postmortem.Weigh(said, nil)
		return postmortem.Verdict{Cause: v.Cause, Used: v.Used}, said, e
	}
	r.deaths <- struct{}{} // 300 at once take longer than each of them may
	defer func() { <-r.deaths }()
	ctx, cancel := context.WithTimeout(ctx, r.EvidenceTime)
	defer cancel()
	found := make(chan postmortem.Evidence, 1)
	go func() { found <- r.evidence(ctx) }()
	said, err := r.managerSays(ctx)
	e = <-found
	for _, why := range e.Silent {
		r.Log.Log(report.Info, "'%s': cannot learn all of its end: %s", r.report.Name, why)
	}
	if err != nil {
		e.Silent = append(e.Silent, r.managerOf(r.daemon.Services[0])+": "+err.Error())
	}
	return postmortem.Weigh(said, e.Findings), said, e
}

// tellCause finds out why the daemon is down, and tells people, once.
func (r *task) tellCause(ctx context.Context) {
	r.findCause(ctx)
	r.report.LastWords = r.lastWords()
	r.announce(ctx)
}

// managerSays is nil if the manager does not know how the service has ended.
func (r *task) managerSays(ctx context.Context) (*postmortem.Finding, error) {
	d, err := r.Manager.Death(ctx, r.daemon.Services[0])
	if err != nil {
		r.Log.Log(report.Info, "'%s': the cause is not known: %v", r.report.Name, err)
	}
	now := r.memory.now()
	return Said(d, r.managerOf(r.daemon.Services[0]), r.numbers(now).Processes, now.Time, now.Retell(r.past.LastUp).Time), err
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
func (r *task) evidence(ctx context.Context) postmortem.Evidence {
	now := r.memory.now()
	_, to, rebooted, known := r.window(now)
	if r.Evidence == nil || !known {
		return postmortem.Evidence{}
	}
	d := Dead(r.daemon, *r.numbers(now))
	d.Manager, d.Wall, d.LastUp = r.managerOf(r.daemon.Services[0]), now.Time, r.past.LastUp.Time
	d.To, d.Rebooted = to, rebooted
	if r.Outputs != nil && r.RunDir != "" {
		d.Output = (&rcd.Outputs{Dir: r.RunDir}).Path(r.daemon.Services[0])
	}
	if s := r.supervision(ctx); s != nil {
		d.Log, d.Title = s.Written, r.titleOf(ctx, s)
	}
	return r.Evidence(ctx, d)
}
