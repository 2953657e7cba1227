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

// findCause asks why the daemon is down, before the restart destroys the evidence. It asks
// once per incident: if our restarts fail and the daemon dies again, the first cause is the
// one that counts. The cause of a death does not explain what is wrong with processes that
// were started later.
func (t *task) findCause(ctx context.Context) {
	i := t.past.Incident
	switch {
	case i == nil || i.Kind == "":
	case t.isUnwell():
		return
	default:
		t.report.Blame = i.Blame
		return
	}
	d, said, e := t.death(ctx)
	blame := words.Blame{Cause: d.Text, Sender: d.Sender, Certainty: d.Sure, Source: d.Source}
	t.report.Blame = blame
	if d.Text != "" {
		t.Log.Log(report.Notice, "'%s': %s", t.report.Name, d.Text)
	}
	if i == nil || t.DryRun || ctx.Err() != nil { // this run restarts nothing any more: the next run asks
		return
	}
	i.Kind, i.Blame, t.transition = d.Cause, blame, true
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

// died returns when the daemon of an incident has died. The time is by the clock that the
// incident's beginning was written with; the clock may have been set since.
func died(i past.Incident, now past.Stamp, found []postmortem.Finding) time.Time {
	retold := i.Retold(now)
	at := diedAt(found, retold.LastUp, retold.Down)
	if at.IsZero() {
		return at
	}
	return at.Add(i.Down.Sub(retold.Down))
}

// diedAt returns the time of the latest certain finding between the last look at which the
// daemon was up and the first at which it was down; zero if there is none. A time outside of
// this window is of another process, or the clock was set. If the daemon was never seen up,
// there is no window.
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

// isUnwell reports whether processes of the daemon run, but do not do what is asked of them.
func (t *task) isUnwell() bool { return trouble(t.last) != "" && !isRemains(t.last) }

// death returns what the manager says about the daemon's own service, which is the first (the
// others are restarted with it), and what witnesses have found. Both are asked at the same
// time.
func (t *task) death(ctx context.Context) (v postmortem.Verdict, said *postmortem.Finding, e postmortem.Evidence) {
	if t.isUnwell() { // each report already says what is wrong
		trouble := trouble(t.last)
		said = &postmortem.Finding{Cause: words.NotWell, Text: "not well: " + trouble, Main: true, Sure: postmortem.Certain, Source: "daemon-keeper"}
		v = postmortem.Weigh(said, nil)
		return postmortem.Verdict{Cause: v.Cause, Used: v.Used}, said, e
	}
	t.deaths <- struct{}{} // 300 at once would take longer than one may
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

// tellCause finds out why the daemon is down, and logs it once.
func (t *task) tellCause(ctx context.Context) {
	t.findCause(ctx)
	t.report.LastWords = t.lastWords()
	t.announce(ctx)
}

// managerSays returns what the manager knows about the end of the service; nil if nothing.
func (t *task) managerSays(ctx context.Context) (*postmortem.Finding, error) {
	d, err := t.Manager.Death(ctx, t.daemon.Services[0])
	if err != nil {
		t.Log.Log(report.Info, "'%s': the cause is not known: %v", t.report.Name, err)
	}
	now := t.memory.now()
	return Said(d, t.managerOf(t.daemon.Services[0]), t.numbers(now).Processes, now.Time, now.Retell(t.past.LastUp).Time), err
}

// saidSlack allows for the clocks of a manager and a run to differ.
const saidSlack = 2 * time.Second

// Said makes a finding of what a manager says about a death; died are the processes whose
// PIDs are known. It returns nil if the manager knows nothing, or reports an end before the
// daemon was last seen up: then somebody else has started the daemon since, and it has ended
// without the manager's knowledge.
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

// evidence asks the witnesses about the remembered processes. Events before the daemon was
// last seen up were about other processes with the same PIDs. If it was last seen up in an
// earlier boot, this holds for all events of this boot.
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
