package keeper

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/rcd"
	"daemon-keeper/restart"
)

// old is the daemon as it was before its service was stopped.
type old struct {
	service string       // the service whose stop ends the daemon
	family  check.Family // the processes that ran its program
	awaited []check.Kin  // processes that counted, and that the stop should end
	left    []check.Kin  // processes that have certainly outlived the stop
	told    string       // names them, and where they listen
	ended   []check.Kin  // leftovers that were ended

	possible []check.Kin // processes that may be left of the daemon
}

// meet looks once more at the daemon that is about to be stopped, at every process that runs
// its program. If processes cannot be recognised again later, none is waited for.
func (t *task) meet(ctx context.Context, services []string) {
	t.old, t.unmet = nil, nil
	own := ownService(t.daemon.Services, t.daemon.Spec)
	if t.Kin == nil || t.Runs == nil || !slices.Contains(services, own) {
		return
	}
	kin, err := t.kinOrErr(ctx)
	t.unmet = err
	o := &old{service: own, family: check.Family{Kin: kin, Own: t.Kin.Group(t.PID)}}
	if len(o.family.Kin) == 0 {
		return
	}
	o.family.Ancestors = t.ancestors(o.family.Kin)
	if t.isThisBoot() {
		for _, p := range t.past.Left {
			o.family.Relics = append(o.family.Relics, check.Ancestor{PID: p.PID, Start: p.Start})
		}
	}
	last := pids(t.last)
	for i, k := range o.family.Kin {
		o.family.Kin[i].Counts = slices.Contains(last, k.PID) || slices.ContainsFunc(o.family.Ancestors, func(a check.Ancestor) bool {
			return a.Counts && a.PID == k.PID && a.Start == k.Start
		})
	}
	if slices.ContainsFunc(o.family.Kin, func(k check.Kin) bool { return proctable.UnitIn(k.Group) != "" }) {
		c, err := t.Manager.Condition(ctx, own)
		if err != nil {
			t.Log.Log(report.Warning, "cannot tell which processes belong to service '%s': %v", own, err)
		}
		o.family.Group = c.Group
	}
	o.awaited = stops(o.family, own)
	t.old = o
}

// kin lists the processes that run the daemon's program, whoever owns them. If the daemon is
// known only by name, these are the processes that count.
func (t *task) kin(ctx context.Context) []check.Kin {
	list, _ := t.kinOrErr(ctx)
	return list
}

// kinOrErr is kin, and also returns why the list may be incomplete.
func (t *task) kinOrErr(ctx context.Context) ([]check.Kin, error) {
	opts := t.options()
	opts.Measure = true
	spec := t.daemon.Spec
	if spec.Executable != "" {
		spec = spec.Program()
	}
	v := t.looks.one(ctx, spec, opts)
	list, err := check.KinOf(v, t.Kin.Group), error(nil)
	if v.State == check.Unknown {
		err = v.Err
	}
	others, sure := t.othersOfProgram(ctx, opts)
	if !sure && err == nil {
		err = errors.New("it cannot be told which processes are other daemons'")
	}
	for i, k := range list {
		list[i].Claimed = !sure || slices.Contains(others, k.PID)
	}
	return list, err
}

// othersOfProgram lists the processes of the same program that count for daemons with other
// services. sure is false if some of that is unknown.
func (t *task) othersOfProgram(ctx context.Context, opts check.Options) (others []int, sure bool) {
	sure = true
	for _, other := range t.tasks {
		d := other.daemon
		if other == t || d.Spec.Rule || d.Spec.Executable != t.daemon.Spec.Executable ||
			slices.ContainsFunc(d.Services, func(s string) bool { return slices.Contains(t.daemon.Services, s) }) {
			continue
		}
		v := t.looks.one(ctx, d.Spec, opts)
		sure = sure && v.State != check.Unknown
		others = append(others, pids(v)...)
	}
	return others, sure
}

// ancestors returns the daemon's processes as they were when it was last seen up, if that was
// in this boot. Only PIDs of their children are remembered: a process with such a PID that
// was already running then is still the same process.
func (t *task) ancestors(kin []check.Kin) []check.Ancestor {
	now := t.memory.now()
	if !t.isThisBoot() {
		return nil
	}
	var list []check.Ancestor
	for _, p := range t.past.Processes {
		list = append(list, check.Ancestor{PID: p.PID, Start: p.Start, Parent: p.Parent, Counts: true})
	}
	since := now.Since(t.past.LastUp)
	for _, p := range t.past.Processes {
		for _, k := range kin {
			isKnown := slices.ContainsFunc(t.past.Processes, func(p past.Process) bool { return p.PID == k.PID })
			if slices.Contains(p.Children, k.PID) && !isKnown && k.Age >= since {
				list = append(list, check.Ancestor{PID: k.PID, Start: k.Start, Parent: p.PID})
			}
		}
	}
	return list
}

// isThisBoot reports whether the daemon was last seen up in this boot. Otherwise the
// remembered PIDs mean nothing.
func (t *task) isThisBoot() bool {
	return t.store() != nil && t.past.LastUp.Boot != "" && t.past.LastUp.Boot == t.memory.now().Boot
}

// ownService returns the service whose stop ends the daemon: the one with the name of its
// program or of the daemon, otherwise the first.
func ownService(services []string, spec check.Spec) string {
	if len(services) == 0 {
		return ""
	}
	program := filepath.Base(cmp.Or(spec.Executable, spec.Called))
	for _, fits := range []func(service string) bool{
		func(s string) bool { return s == program },
		func(s string) bool { return strings.Contains(s, program) || strings.Contains(program, s) },
	} {
		if i := slices.IndexFunc(services, fits); i >= 0 {
			return services[i]
		}
	}
	return services[0]
}

// Remaining lists the processes that the stop should have ended and that still run. Once the
// main processes have ended, the others block the start only if they hold an address:
// sessions, and workers that finish their work, may take hours.
func (t *task) Remaining(_ context.Context, service string) ([]int, error) {
	if t.old == nil || service != t.old.service {
		return nil, nil
	}
	var running []int
	var failed error
	hasMain := false
	for _, k := range t.old.awaited {
		switch runs, err := t.Runs(k.PID, k.Start); {
		case err != nil:
			failed = err
			running = append(running, k.PID)
		case runs:
			running = append(running, k.PID)
			hasMain = hasMain || t.old.isMain(k)
		}
	}
	if failed != nil || hasMain || len(running) == 0 {
		return running, failed
	}
	if sockets, err := t.Kin.Sockets(running); err == nil && len(sockets) == 0 {
		return nil, nil
	}
	return running, nil
}

// isMain reports whether the process is not a child of any other awaited process.
func (o *old) isMain(k check.Kin) bool {
	return !slices.ContainsFunc(o.awaited, func(a check.Kin) bool { return a.PID == k.Parent })
}

// then says what follows if processes outlive the stop of a service.
func then(service string) string {
	if rcd.IsOwn(service) {
		return "it is not started beside them"
	}
	return "starting all the same"
}

// AwaitEnd shows in the log and on the terminal that the start has to wait.
func (t *task) AwaitEnd(pids []int) func(restart.Wait) {
	end := t.show("waiting for the end of " + report.PIDList(pids))
	return func(w restart.Wait) {
		end()
		took := terminal.Seconds(w.Took)
		switch {
		case w.Err != nil:
			t.Log.Log(report.Warning, "%scannot tell whether the old processes (%s) have ended %s after the stop: %v; starting all the same", t.inName(), report.PIDList(w.PIDs), took, w.Err)
		case len(w.Left) > 0:
			t.Log.Log(report.Warning, "%sthe old processes (%s) have not ended %s after the stop; %s", t.inName(), report.PIDList(w.Left), took, then(w.Service))
		default:
			t.Log.Log(report.Notice, "%sthe old processes (%s) ended %s after the stop", t.inName(), report.PIDList(w.PIDs), took)
		}
	}
}
