package config

import "strings"

// vertex is a daemon and those that it comes after.
type vertex struct {
	*entry
	*part
	state visit
}

type visit int

const (
	unseen visit = iota
	onPath
	done
)

// graph is which daemon comes after which.
type graph struct {
	vertices []vertex
	index    map[string]int
	path     []int
	cycles   [][]int
}

// checkCycles tells of the cycles among the daemons of sound files, and so refuses
// the file in which a cycle is closed. It returns whether there were any.
func (l *loader) checkCycles() bool {
	g := &graph{index: make(map[string]int)}
	for _, p := range l.parts {
		for i := range p.entries {
			if e := &p.entries[i]; p.sound() && e.daemon != nil {
				g.index[e.name] = len(g.vertices)
				g.vertices = append(g.vertices, vertex{entry: e, part: p})
			}
		}
	}
	for v := range g.vertices {
		g.visit(v)
	}
	for _, cycle := range g.cycles {
		g.tell(cycle)
	}
	return len(g.cycles) > 0
}

// maxCycles of one round are told: more of them make a long list no clearer.
const maxCycles = 100

// visit goes down from a daemon to all that it comes after. Whoever is met on the
// path that leads to it closes a cycle.
func (g *graph) visit(v int) {
	switch g.vertices[v].state {
	case done:
		return
	case onPath:
		if len(g.cycles) == maxCycles {
			return
		}
		for i := len(g.path) - 1; ; i-- {
			if g.path[i] == v {
				g.cycles = append(g.cycles, append([]int(nil), g.path[i:]...))
				return
			}
		}
	}
	g.vertices[v].state = onPath
	g.path = append(g.path, v)
	for _, name := range g.vertices[v].daemon.After {
		if next, ok := g.index[name]; ok {
			g.visit(next)
		}
	}
	g.path = g.path[:len(g.path)-1]
	g.vertices[v].state = done
}

// maxShown keeps the names of a cycle to a line.
const maxShown = 10

// tell puts the mistake where the last of the daemons names the next of the cycle.
func (g *graph) tell(cycle []int) {
	last := 0
	for i, v := range cycle {
		if v > cycle[last] {
			last = i
		}
	}
	var names []string
	for i := range cycle {
		names = append(names, g.vertices[cycle[(last+i)%len(cycle)]].name)
	}
	v := g.vertices[cycle[last]]
	next := names[1%len(names)]
	names = append(names, v.name)
	if len(names) > maxShown {
		names = append(append(names[:maxShown/2:maxShown/2], "..."), names[len(names)-maxShown/2:]...)
	}
	for i, name := range v.daemon.After {
		if name == next {
			v.part.tell(v.after.items[i], "leave out one of the steps", "daemon %s would come after itself: %s", v.name, strings.Join(names, " -> "))
		}
	}
}
