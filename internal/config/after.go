package config

import (
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// checkAfter checks which daemons come after which, over all files.
func (l *loader) checkAfter() {
	names, isDaemon, complete := l.defined()
	for _, p := range l.parts {
		for _, e := range p.entries {
			p.checkReferences(e, names, isDaemon, complete)
		}
	}
	for l.checkCycles() { // what is refused for one cycle may break another
	}
}

// defined returns the names of all daemons, those of refused files too, and whether a name
// belongs to a daemon. complete is false while there is a file whose names are not known.
func (l *loader) defined() (names []string, isDaemon map[string]bool, complete bool) {
	isDaemon, complete = make(map[string]bool), !l.Part
	for _, p := range l.parts {
		complete = complete && p.known
		for _, e := range p.entries {
			if e.daemon != nil {
				names = append(names, e.name)
			}
			isDaemon[e.name] = isDaemon[e.name] || e.daemon != nil
		}
	}
	return names, isDaemon, complete
}

func (p *part) checkReferences(e entry, names []string, isDaemon map[string]bool, complete bool) {
	if e.daemon == nil {
		return
	}
	for i, name := range e.daemon.After {
		daemon, defined := isDaemon[name]
		switch n := e.after.Content[i]; {
		case name == "": // this mistake has been reported
		case name == e.name:
			p.tell(n, "leave it out", "daemon %s cannot come after itself", short(e.name))
		case defined && !daemon:
			p.tell(n, "name a daemon: rules are never restarted", "daemon %s cannot come after rule %s", short(e.name), quote(name))
		case !defined && complete:
			p.tell(n, p.hintFor(name, names), "cannot find daemon %s, after which daemon %s comes", quote(name), short(e.name))
		}
	}
}

// hintFor looks for a similar name. That takes time, so it is not done for a thousand mistakes
// or with thousands of names.
func (p *part) hintFor(name string, names []string) string {
	if len(p.mistakes) < 100 && len(names) < maxEntries/10 {
		if near := words.Nearest(name, names); near != "" {
			return "did you mean " + quote(near) + "?"
		}
	}
	return "define it below daemons, or leave it out"
}

// vertex is a daemon of a file without mistakes.
type vertex struct {
	*entry
	*part
}

// Limits of what is printed: a longer list of cycles is not clearer, and the names of one cycle
// must fit into a line.
const (
	maxCycles = 100
	maxShown  = 10
)

// checkCycles finds cycles among the daemons of files without mistakes. The file that closes a
// cycle is refused. It reports whether there were any.
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
	visit = func(v int) { // visits all daemons that one comes after
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

// tellCycle reports a cycle at the last of its daemons, where that names the next one.
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
			v.part.tell(v.after.Content[i], "leave out one of the steps", "daemon %s would come after itself: %s", v.name, strings.Join(names, " -> "))
		}
	}
}
