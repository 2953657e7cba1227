package keeper

import (
	"errors"
	"path/filepath"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
	"daemon-keeper/restart"
)

// Begin shows in the log and on the terminal what is under way.
func (t *task) Begin(s restart.Step) {
	if t.journal != nil {
		t.mark(t.journal.Begin, s)
	}
	t.stopBegan = t.memory.now()
	t.Log.Log(report.Notice, "%s service '%s'", doing(s.Verb), s.Service)
	t.step = t.show(doing(s.Verb) + " service " + s.Service)
}

// show shows on the terminal what is under way.
func (t *task) show(what string) (end func()) {
	if t.Progress == nil {
		return func() {}
	}
	return t.Progress.Begin(what)
}

// End reports how a step has ended.
func (t *task) End(d restart.Done) {
	t.step()
	if t.journal != nil {
		t.mark(t.journal.End, d.Step)
	}
	t.noteStep(d)
	took := terminal.Seconds(d.Took)
	step := report.Step{Verb: d.Verb, Service: d.Service, Took: d.Took, Slow: d.Slow}
	switch {
	case d.Err == nil:
		t.Log.Log(report.Notice, "%s service '%s' in %s", did(d.Verb), d.Service, took)
	case d.Slow:
		t.Log.Log(report.Warning, "start of service '%s' has not ended after %s, but the daemon is up", d.Service, took)
	default:
		step.Err = d.Err.Error()
		t.Log.Log(stepLevel(d.Verb), "%v", d.Err)
	}
	var failed *rcd.CommandError
	if errors.As(d.Err, &failed) && !d.Slow {
		step.Output = failed.Output
		for _, line := range failed.Output {
			t.Log.Log(stepLevel(d.Verb), "service '%s' said: %s", d.Service, line)
		}
	}
	t.report.Steps = append(t.report.Steps, step)
}

// Await shows on the terminal that the run waits for the daemon.
func (t *task) Await() func() { return t.show("waiting for " + filepath.Base(t.report.Name)) }

// stepLevel returns the level of a failed step. A failed stop does not prevent the start.
func stepLevel(v words.Verb) report.Level {
	if v == words.Stop {
		return report.Warning
	}
	return report.Error
}

func doing(v words.Verb) string {
	if v == words.Stop {
		return "stopping"
	}
	return "starting"
}

func did(v words.Verb) string {
	if v == words.Stop {
		return "stopped"
	}
	return "started"
}

// plan reports what a run that may act would do.
func (t *task) plan(services []string) {
	p := t.daemon.Procedure
	p.Services = services
	for _, s := range p.Steps() {
		t.report.Plan = append(t.report.Plan, report.Plan{
			Argv:    t.Manager.Argv(s.Verb, s.Service),
			Timeout: s.Timeout,
		})
	}
	t.report.Reason = "this was a dry run; nothing was touched"
	t.noteForgetful()
}
