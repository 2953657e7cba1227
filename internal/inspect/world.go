package inspect

import (
	"slices"
	"time"
)

// World is all processes of the machine at one moment, with the pipes and sockets that they have
// open.
type World struct {
	procs map[int]proc
	held  map[string][]holding // by the links of descriptors: pipe:[123]
	unit  func(pid int) string // the path of a process's control group; "" if it has none
	peers map[uint32]string    // names of the local sockets at the other ends, by inodes
	blind string               // why not all descriptors could be seen; "" if they could
}

// proc is a process.
type proc struct {
	name           string
	parent         int
	group, session int
	user, realUser uint32
	tasks          uint64
	start          time.Duration // since boot; 0 if it is not known
}

// holding is an open descriptor of a process.
type holding struct{ pid, number int }

// mostHeld bounds how many pipes and sockets are remembered.
const mostHeld = 1 << 19

// descendants are the children of a process, their children, and so on.
func (w *World) descendants(pid int) []Relative {
	children := make(map[int][]int)
	for id, p := range w.procs {
		children[p.parent] = append(children[p.parent], id)
	}
	var list []Relative
	seen := map[int]bool{pid: true}
	for next := []int{pid}; len(next) > 0; next = next[1:] {
		for _, id := range children[next[0]] {
			if seen[id] {
				continue
			}
			seen[id] = true
			list = append(list, w.relative(id))
			next = append(next, id)
		}
	}
	slices.SortFunc(list, func(a, b Relative) int { return a.PID - b.PID })
	return list
}

func (w *World) relative(pid int) Relative {
	p := w.procs[pid]
	return Relative{PID: pid, Parent: p.parent, Name: p.name, User: p.user, Start: p.start}
}

// leader is the leader of a session or a process group.
func (w *World) leader(pid, id int, family map[int]bool) Leader {
	return Leader{PID: id, Name: w.procs[id].name, Family: id == pid || family[id] || w.sameUnit(pid, id)}
}

// sameUnit reports whether two processes are in the same control group of a service.
func (w *World) sameUnit(a, b int) bool {
	if _, runs := w.procs[b]; !runs || w.unit == nil {
		return false
	}
	group := w.unit(a)
	return isService(group) && group == w.unit(b)
}

// ancestors are the parent of a process, the parent of that, and so on.
func (w *World) ancestors(pid int) map[int]bool {
	list := make(map[int]bool)
	for at := w.procs[pid].parent; at > 0 && !list[at]; at = w.procs[at].parent {
		list[at] = true
	}
	return list
}

// strangers are the processes that have something open, too, and are not related to a process.
// Process 1 is not a stranger, because it passes sockets to services. Nor is an ancestor, because
// it may be a supervisor that does the same, unless it is a shell or the like.
func (w *World) strangers(pid int, link string, family map[int]bool) []Relative {
	supervisors := w.ancestors(pid)
	var list []Relative
	for _, h := range w.held[link] {
		switch {
		case h.pid == pid, h.pid == 1, family[h.pid], w.sameUnit(pid, h.pid):
		case supervisors[h.pid] && !slices.Contains(starters, w.procs[h.pid].name):
		case slices.ContainsFunc(list, func(r Relative) bool { return r.PID == h.pid }):
		default:
			list = append(list, w.relative(h.pid))
		}
	}
	return list
}

// tasksOf counts the threads of all processes with this real user.
func (w *World) tasksOf(user uint32) uint64 {
	var n uint64
	for _, p := range w.procs {
		if p.realUser == user {
			n += p.tasks
		}
	}
	return n
}

// Blind is the reason why not all descriptors on the machine could be seen; "" if they could.
func (w *World) Blind() string { return w.blind }

// Sharing are the unrelated processes that have a socket open, too.
func (w *World) Sharing(pid int, link string, relatives []Relative) []Relative {
	family := make(map[int]bool)
	for _, r := range relatives {
		family[r.PID] = true
	}
	return w.strangers(pid, link, family)
}
