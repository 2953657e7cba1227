package config

import (
	"slices"
	"strings"
)

// vertex is a daemon of a sound file.
type vertex struct {
	*entry
	*part
}

// Limits of what is told of cycles: more of them make a long list no clearer, and the names
// of one must fit into a line.
const (
	maxCycles = 100
	maxShown  = 10
)

// checkCycles tells of the cycles among the daemons of sound files, and so refuses
// the file in which a cycle is closed. It reports whether there were any.
func (l *loader) checkCycles() bool {
	var all []vertex
	index := make(map[string]int)
	for _, p := range l.parts {
		for i := range p.entries {
			if e := &p.entries[i]; p.sound() && e.daemon != nil {
				index[e.name] = len(all)
				all = append(all, vertex{e, p})
			}
		}
	}
	const unseen, onPath, done = 0, 1, 2
	state := make([]int, len(all))
	var path []int
	var cycles [][]int
	var visit func(v int)
	visit = func(v int) { // goes down from a daemon to all that it comes after
		switch {
		case state[v] == onPath && len(cycles) < maxCycles:
			cycles = append(cycles, slices.Clone(path[slices.Index(path, v):]))
		case state[v] == unseen:
			state[v], path = onPath, append(path, v)
			for _, name := range all[v].daemon.After {
				if next, ok := index[name]; ok {
					visit(next)
				}
			}
			state[v], path = done, path[:len(path)-1]
		}
	}
	for v := range all {
		visit(v)
	}
	for _, cycle := range cycles {
		tellCycle(all, cycle)
	}
	return len(cycles) > 0
}

// tellCycle puts the mistake where the last of the daemons names the next of the cycle.
func tellCycle(all []vertex, cycle []int) {
	last := slices.Index(cycle, slices.Max(cycle))
	var names []string
	for _, v := range slices.Concat(cycle[last:], cycle[:last+1]) {
		names = append(names, all[v].name)
	}
	v, next := all[cycle[last]], names[1]
	if len(names) > maxShown {
		names = slices.Concat(names[:maxShown/2], []string{"..."}, names[len(names)-maxShown/2:])
	}
	for i, name := range v.daemon.After {
		if name == next {
			v.part.tell(v.after.items[i], "leave out one of the steps", "daemon %s would come after itself: %s", v.name, strings.Join(names, " -> "))
		}
	}
}
