package keeper

import "daemon-keeper/check"

// ProcessesOnly returns the daemon reduced to the criteria that say which processes belong to
// it.
func (d Daemon) ProcessesOnly() Daemon {
	d.Unjudged = d.beyondProcesses()
	d.Recheck = 0
	d.Spec.Listen, d.Spec.PIDFile = nil, nil
	if !d.Spec.Rule { // the limit of a rule selects its processes
		d.Spec.CPU, d.Spec.Memory, d.Spec.Files, d.Spec.MinAge = nil, check.MemoryLimit{}, check.FilesLimit{}, 0
	}
	return d
}

// beyondProcesses names the other criteria for being up or well.
func (d Daemon) beyondProcesses() []string {
	var list []string
	for _, l := range d.Spec.Listen {
		list = append(list, l.String())
	}
	if d.Spec.PIDFile != nil {
		list = append(list, "its pidfile")
	}
	if d.Spec.Rule { // the limits of a rule are criteria
		return list
	}
	for _, limit := range []struct {
		name string
		set  bool
	}{
		{"cpu", d.Spec.CPU != nil},
		{"memory", d.Spec.Memory != check.MemoryLimit{}},
		{"files", d.Spec.Files != check.FilesLimit{}},
		{"min_age", d.Spec.MinAge != 0},
	} {
		if limit.set {
			list = append(list, "the limit "+limit.name)
		}
	}
	return list
}
