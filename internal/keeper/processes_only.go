package keeper

import "daemon-keeper/check"

// ProcessesOnly is the daemon with no more asked of it than which processes it is.
func (d Daemon) ProcessesOnly() Daemon {
	d.Unjudged = d.beyondProcesses()
	d.Recheck = 0
	d.Spec.Listen, d.Spec.PIDFile = nil, nil
	if !d.Spec.Rule { // whose limit says which processes are meant
		d.Spec.CPU, d.Spec.Memory, d.Spec.Files, d.Spec.MinAge = nil, check.MemoryLimit{}, check.FilesLimit{}, 0
	}
	return d
}

// beyondProcesses names what else says whether a daemon is up or well.
func (d Daemon) beyondProcesses() []string {
	var list []string
	for _, l := range d.Spec.Listen {
		list = append(list, l.String())
	}
	if d.Spec.PIDFile != nil {
		list = append(list, "its pidfile")
	}
	if d.Spec.Rule { // its limits are criteria
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
