package app

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// plan is what a run has to do.
type plan struct {
	daemons  []keeper.Daemon  // daemons and rules
	mistakes []config.Mistake // in files that are left out
	notify   config.Notify    // who is notified
	evidence config.Evidence  // what is recorded for later
}

// planned returns the daemon of -e, or the daemons of the configuration; for a command that
// only looks, also those given by SPECs.
func planned(j *job) (w plan, err error) {
	switch {
	case len(j.Executable) > 0:
		d := fromDaemon(config.Daemon{
			Name: j.Executable[0], Criteria: config.Criteria{Executable: j.Executable[0]}, Services: j.Service, Times: j.Times,
			Retry: config.Retry{Backoff: j.delays, Acceptable: j.Acceptable, Respect: words.Wishes()},
		})
		d.Spec.User = j.UserID
		w.daemons = []keeper.Daemon{d}
	case j.Looks:
		w, err = watched(j.configFile, j.configFile == defaults().config, j.Names)
	default:
		return configured(j.configFile, j.Names)
	}
	for i, d := range w.daemons {
		if j.Name == matchName {
			w.daemons[i] = d.ProcessesOnly()
		}
	}
	return w, err
}

// configured returns the daemons and rules of a configuration: all, or those with these names
// and the daemons that they come after.
func configured(path string, names []string) (plan, error) {
	all, mistakes, err := load(path)
	if err != nil {
		return plan{mistakes: mistakes}, err
	}
	chosen, err := all.Select(names)
	return plan{daemonsOf(all, chosen), mistakes, all.Notify, all.Evidence}, err
}

// watched returns the daemons for a command that only looks. Words may be names or SPECs;
// only names need a configuration. path is "" if there is none. An optional configuration may
// be missing.
func watched(path string, optional bool, words []string) (plan, error) {
	var all config.Config
	var mistakes []config.Mistake
	var err error
	if path != "" && mayBeNames(words) {
		all, mistakes, err = load(path)
		if optional && len(words) > 0 && errors.As(err, new(*config.NotFoundError)) {
			err = nil
		}
	}
	switch {
	case err != nil:
		return plan{mistakes: mistakes}, err
	case len(mistakes) > 0 && areSpecs(words):
		mistakes = nil // the mistakes concern daemons that nobody has asked for
	case len(mistakes) > 0 && len(all.Files) == 0:
		all.Files = []string{path} // there is a configuration, but it cannot be read
	}
	chosen, err := all.Pick(words, config.Options{})
	return plan{daemons: daemonsOf(all, chosen), mistakes: mistakes}, err
}

// areSpecs reports whether all words look like SPECs.
func areSpecs(words []string) bool {
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !strings.ContainsAny(w, ":/@") })
}

// mayBeNames reports whether a word may be a name in the configuration: those contain no
// colon and no slash.
func mayBeNames(words []string) bool {
	return len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return !strings.ContainsAny(w, ":/") })
}

// load reads a configuration. Root refuses files that others can change. A configuration that
// defines nothing is an error: it may have lost its content.
func load(path string) (config.Config, []config.Mistake, error) {
	all, mistakes, err := config.Load(path, config.Options{CheckOwner: os.Geteuid() == 0})
	if err == nil && len(all.Daemons)+len(all.Forbid)+len(mistakes) == 0 {
		err = &config.EmptyError{Files: all.Files, Blank: all.Blank}
	}
	return all, mistakes, err
}

// daemonsOf returns the wanted daemons and rules, and the daemons that these come after,
// which are only looked at. A daemon that is not in the configuration comes from a SPEC.
func daemonsOf(all, wanted config.Config) []keeper.Daemon {
	byName := make(map[string]config.Daemon)
	for _, d := range all.Daemons {
		byName[d.Name] = d
	}
	isWanted, needed := make(map[string]bool), make(map[string]bool)
	var need func(name string)
	need = func(name string) {
		if d, ok := byName[name]; ok && !needed[name] {
			needed[name] = true
			for _, other := range d.After {
				need(other)
			}
		}
	}
	var specs, list []keeper.Daemon
	for _, d := range wanted.Daemons {
		isWanted[d.Name] = true
		if need(d.Name); !needed[d.Name] {
			specs = append(specs, fromDaemon(d))
		}
	}
	for _, d := range all.Daemons {
		if needed[d.Name] {
			k := fromDaemon(d)
			k.LookOnly = !isWanted[d.Name]
			list = append(list, k)
		}
	}
	list = append(list, specs...)
	for _, r := range wanted.Forbid {
		list = append(list, fromRule(r))
	}
	return list
}

func fromDaemon(d config.Daemon) keeper.Daemon {
	spec := fromCriteria(d.Criteria)
	spec.Count = d.Count
	for _, a := range d.Listen {
		spec.Listen = append(spec.Listen, check.Listen{
			Network: a.Network, Address: a.Address, Send: d.Send, Expect: d.Expect, Timeout: d.ProbeTimeout,
		})
	}
	spec.PIDFile = (*check.PIDFile)(d.PIDFile)
	setLimits(&spec, d.CPU, d.Memory, d.Files)
	spec.MinAge = d.MinAge
	for _, word := range d.RestartOn {
		spec.RestartOn = append(spec.RestartOn, check.Aspect(word))
	}
	own := rcd.OwnDaemon{Name: d.Name, Start: d.Start, Stop: d.Stop, As: d.As, Directory: d.Directory, Environment: d.Environment}
	if own.IsIt() && len(d.Services) == 0 {
		d.Services = []string{own.Service()}
	}
	return keeper.Daemon{
		Own: own, Name: d.Name, Spec: spec, Recheck: d.Recheck, BootGrace: d.BootGrace, BootLimit: d.BootLimit, WorkLimit: d.WorkLimit, After: d.After,
		Policy: past.Policy{Delays: d.Backoff, Acceptable: d.Acceptable}, Leftovers: d.Leftovers, Respect: d.Respect,
		Procedure: keeper.Procedure(d.Services, d.StopTimeout, d.StartTimeout, d.Verify, d.Settle),
	}
}

func fromRule(r config.Rule) keeper.Daemon {
	spec := fromCriteria(r.Criteria)
	spec.Rule = true
	spec.Count = r.Count
	setLimits(&spec, r.CPU, r.Memory, r.Files)
	for _, e := range r.Exempt {
		exempt := fromCriteria(e.Criteria)
		spec.Exempt, spec.Unclear = append(spec.Exempt, exempt), cmp.Or(spec.Unclear, exempt.Unclear)
	}
	return keeper.Daemon{Name: r.Name, Spec: spec}
}

func fromCriteria(c config.Criteria) check.Spec {
	spec := check.Spec{Executable: c.Executable, Called: c.Called, Args: c.Args, Label: c.Label}
	for _, id := range []struct {
		from *config.ID
		to   **uint32
	}{{c.User, &spec.User}, {c.NotUser, &spec.NotUser}, {c.Group, &spec.Group}, {c.NotGroup, &spec.NotGroup}} {
		switch {
		case id.from == nil:
		case id.from.Err != nil:
			spec.Unclear = id.from.Err
		default:
			*id.to = &id.from.Number
		}
	}
	if c.Parent != nil {
		spec.Parent = *c.Parent
	}
	return spec
}

func setLimits(spec *check.Spec, cpu *config.CPU, memory *config.Memory, files *config.Files) {
	spec.CPU = (*check.CPULimit)(cpu)
	if memory != nil {
		spec.Memory = check.MemoryLimit(*memory)
	}
	if files != nil {
		spec.Files = check.FilesLimit(*files)
	}
}

// doubtsOf lists what may be wrong with a configuration without being a mistake: what is
// missing on this machine may be installed later.
func doubtsOf(c config.Config) []string {
	var list []string
	for _, d := range c.Daemons {
		doubt := func(format string, args ...any) {
			list = append(list, fmt.Sprintf("'"+d.Name+"': "+format, args...))
		}
		if err := fromCriteria(d.Criteria).Unclear; err != nil {
			doubt("%v", err)
		}
		if d.Executable != "" && (d.Count == nil || d.Count.Min > 0) {
			if _, err := check.Find(d.Executable); err != nil {
				doubt("%v", err)
			}
		}
		if slices.Contains(d.RestartOn, string(check.Age)) && d.MinAge > time.Minute {
			doubt("each restart makes it young again, so a run each minute restarts it each minute: leave age out of restart_on")
		}
		if len(d.RestartOn) > 0 && d.User == nil {
			doubt("any user who runs the program can have it restarted, by what restart_on lists: write user, too")
		}
	}
	for _, r := range c.Forbid {
		if err := fromRule(r).Spec.Unclear; err != nil {
			list = append(list, fmt.Sprintf("'%s': %v", r.Name, err))
		}
	}
	return list
}
