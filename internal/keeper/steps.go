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

// Begin tells the diary and a person at the terminal what is under way.
func (r *task) Begin(s restart.Step) {
	if r.journal != nil {
		r.mark(r.journal.Begin, s)
	}
	r.stopBegan = r.memory.now()
	r.Log.Log(report.Notice, "%s service '%s'", doing(s.Verb), s.Service)
	r.step = r.show(doing(s.Verb) + " service " + s.Service)
}

// show shows a person at the terminal what is under way.
func (r *task) show(what string) (end func()) {
	if r.Progress == nil {
		return func() {}
	}
	return r.Progress.Begin(what)
}

// End tells how a step has ended.
func (r *task) End(d restart.Done) {
	r.step()
	if r.journal != nil {
		r.mark(r.journal.End, d.Step)
	}
	r.noteStep(d)
	took := terminal.Seconds(d.Took)
	step := report.Step{Verb: d.Verb, Service: d.Service, Took: d.Took, Slow: d.Slow}
	switch {
	case d.Err == nil:
		r.Log.Log(report.Notice, "%s service '%s' in %s", did(d.Verb), d.Service, took)
	case d.Slow:
		r.Log.Log(report.Warning, "start of service '%s' has not ended after %s, but the daemon is up", d.Service, took)
	default:
		step.Err = d.Err.Error()
		r.Log.Log(stepLevel(d.Verb), "%v", d.Err)
	}
	var failed *rcd.CommandError
	if errors.As(d.Err, &failed) && !d.Slow {
		step.Output = failed.Output
		for _, line := range failed.Output {
			r.Log.Log(stepLevel(d.Verb), "service '%s' said: %s", d.Service, line)
		}
	}
	r.report.Steps = append(r.report.Steps, step)
}

// Await shows a person at the terminal that it is the daemon that takes its time.
func (r *task) Await() func() { return r.show("waiting for " + filepath.Base(r.report.Name)) }

// stepLevel: a stop that fails does not keep the start from being tried.
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
func (r *task) plan(services []string) {
	p := r.daemon.Procedure
	p.Services = services
	for _, s := range p.Steps() {
		r.report.Plan = append(r.report.Plan, report.Plan{
			Argv:    r.Manager.Argv(s.Verb, s.Service),
			Timeout: s.Timeout,
		})
	}
	r.report.Reason = "this was a dry run; nothing was touched"
	r.noteForgetful()
}
