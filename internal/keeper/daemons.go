package keeper

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/past"
	"daemon-keeper/restart"
)

// The times between the looks that wait for a daemon, and how long an interrupted
// run waits for it.
const (
	hurry     = 2 * time.Second
	firstPoll = 50 * time.Millisecond
	lastPoll  = time.Second
)

// Procedure is how services bring a daemon back.
func Procedure(services []string, stop, start, verify, settle time.Duration) restart.Procedure {
	return restart.Procedure{
		Services: services, StopTimeout: stop, StartTimeout: start, Verify: verify, Settle: settle,
		Hurry: hurry, FirstPoll: firstPoll, LastPoll: lastPoll,
	}
}

// Daemons are the daemons and rules of a configuration that are wanted, and those
// that they come after, which are only looked at.
func Daemons(all, wanted config.Config) []Daemon {
	isWanted, needed := make(map[string]bool), make(map[string]bool)
	for _, d := range wanted.Daemons {
		isWanted[d.Name] = true
	}
	byName := make(map[string]config.Daemon)
	for _, d := range all.Daemons {
		byName[d.Name] = d
	}
	for _, d := range wanted.Daemons {
		need(d.Name, byName, needed)
	}
	var list []Daemon
	for _, d := range all.Daemons {
		if needed[d.Name] {
			k := fromDaemon(d)
			k.LookOnly = !isWanted[d.Name]
			list = append(list, k)
		}
	}
	for _, r := range wanted.Forbid {
		list = append(list, fromRule(r))
	}
	return list
}

// need collects a daemon and all that it comes after.
func need(name string, byName map[string]config.Daemon, needed map[string]bool) {
	d, ok := byName[name]
	if !ok || needed[name] {
		return
	}
	needed[name] = true
	for _, other := range d.After {
		need(other, byName, needed)
	}
}

func fromDaemon(d config.Daemon) Daemon {
	spec := fromCriteria(d.Criteria)
	spec.Count = fromCount(d.Count)
	for _, a := range d.Listen {
		spec.Listen = append(spec.Listen, check.Listen{
			Network: a.Network, Address: a.Address, Send: d.Send, Expect: d.Expect, Timeout: d.ProbeTimeout,
		})
	}
	if d.PIDFile != nil {
		spec.PIDFile = &check.PIDFile{Path: d.PIDFile.Path, Locked: d.PIDFile.Locked}
	}
	setLimits(&spec, d.CPU, d.Memory, d.Files)
	spec.MinAge = d.MinAge
	for _, word := range d.RestartOn {
		spec.RestartOn = append(spec.RestartOn, check.Aspect(word))
	}
	own, services := ownOf(d)
	return Daemon{
		Own: own, Name: d.Name, Spec: spec, Recheck: d.Recheck, BootGrace: d.BootGrace, BootLimit: d.BootLimit, WorkLimit: d.WorkLimit, After: d.After,
		Policy: past.Policy{Delays: d.Backoff, Acceptable: d.Acceptable}, Leftovers: d.Leftovers, Respect: d.Respect,
		Procedure: Procedure(services, d.StopTimeout, d.StartTimeout, d.Verify, d.Settle),
	}
}

func fromRule(r config.Rule) Daemon {
	spec := fromCriteria(r.Criteria)
	spec.Rule = true
	spec.Count = fromCount(r.Count)
	setLimits(&spec, r.CPU, r.Memory, r.Files)
	for _, e := range r.Exempt {
		exempt := fromCriteria(e.Criteria)
		spec.Exempt, spec.Unclear = append(spec.Exempt, exempt), cmp.Or(spec.Unclear, exempt.Unclear)
	}
	return Daemon{Name: r.Name, Spec: spec}
}

func fromCriteria(c config.Criteria) check.Spec {
	spec := check.Spec{Executable: c.Executable, Called: c.Called, Args: c.Args, Label: c.Label}
	for _, id := range []struct {
		from *config.ID
		to   **uint32
	}{{c.User, &spec.User}, {c.NotUser, &spec.NotUser}, {c.Group, &spec.Group}, {c.NotGroup, &spec.NotGroup}} {
		switch {
		case id.from == nil:
		case id.from.Err != "":
			spec.Unclear = &accountError{id.from.Err}
		default:
			*id.to = &id.from.Number
		}
	}
	if c.Parent != nil {
		spec.Parent = *c.Parent
	}
	return spec
}

// accountError says that a user or a group is not there.
type accountError struct{ why string }

func (e *accountError) Error() string { return e.why }

// Hint is the way out.
func (*accountError) Hint() string { return config.IDHint }

func fromCount(c *config.Count) *check.Count {
	if c == nil {
		return nil
	}
	count := check.Count{Min: c.Min, Max: c.Max}
	if c.Max == config.NoLimit {
		count.Max = check.NoLimit
	}
	return &count
}

func setLimits(spec *check.Spec, cpu *config.CPU, memory *config.Memory, files *config.Files) {
	if cpu != nil {
		spec.CPU = &check.CPULimit{Over: cpu.Over, For: cpu.For}
	}
	if memory != nil {
		spec.Memory = check.MemoryLimit{RSS: memory.RSS, VMS: memory.VMS}
	}
	if files != nil {
		spec.Files = check.FilesLimit{Number: files.Number, Share: files.Share}
	}
}

// Doubts is what may be wrong with a configuration, though it is no mistake: what
// this machine does not have may be installed later.
func Doubts(c config.Config) []string {
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
