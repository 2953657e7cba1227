package past

import (
	"maps"
	"slices"
)

// Clone returns a deep copy: a change to one of the two is not seen in the other.
func (d Daemon) Clone() Daemon {
	d.Processes, d.Left = cloneProcesses(d.Processes), cloneProcesses(d.Left)
	d.Stops, d.Deaths = maps.Clone(d.Stops), maps.Clone(d.Deaths)
	d.Starts = slices.Clone(d.Starts)
	if d.Died != nil {
		died := *d.Died
		d.Died = &died
	}
	if d.Incident != nil {
		i := d.Incident.Clone()
		d.Incident = &i
	}
	return d
}

func cloneProcesses(list []Process) []Process {
	list = slices.Clone(list)
	for i, p := range list {
		list[i].Threads, list[i].Children = slices.Clone(p.Threads), slices.Clone(p.Children)
	}
	return list
}

// Clone returns a deep copy.
func (i Incident) Clone() Incident {
	i.Steps, i.Death = slices.Clone(i.Steps), i.Death.clone()
	for k, step := range i.Steps {
		if step.Exit != nil {
			exit := *step.Exit
			i.Steps[k].Exit = &exit
		}
	}
	return i
}

// CloneAll copies what is remembered of each daemon.
func CloneAll(daemons map[string]Daemon) map[string]Daemon {
	clones := make(map[string]Daemon, len(daemons))
	for name, d := range daemons {
		clones[name] = d.Clone()
	}
	return clones
}
