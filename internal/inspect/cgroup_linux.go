package inspect

import (
	"bytes"
	"cmp"
	"strings"

	"daemon-keeper/internal/osutil"
)

// memory is that of the nearest control group that has a limit, else of its own.
func (r *reader) memory() {
	text, err := r.read("cgroup", mostText)
	if err != nil {
		r.f.Memory, r.f.Tasks = denied[Memory](err), denied[Counted](err)
		return
	}
	groups := parseGroups(text)
	const none = "no control group counts it"
	r.f.Memory, r.f.Tasks = never[Memory](none), never[Counted](none)
	for _, h := range hierarchies(groups, "memory") {
		if m, ok := h.memory(); ok {
			r.f.Memory = known(m)
			break
		}
	}
	for _, h := range hierarchies(groups, "pids") {
		if c, ok := h.tasks(); ok {
			r.f.Tasks = known(c)
			break
		}
	}
}

// hierarchy is a tree of control groups, and a place in it.
type hierarchy struct {
	mount, group string
	v2           bool
}

// hierarchies are where a controller may be, cgroups(7): version 2 where it always is, and
// where systemd mounts it beside version 1.
func hierarchies(groups map[string]string, controller string) []hierarchy {
	var list []hierarchy
	if g, ok := groups[controller]; ok {
		list = append(list, hierarchy{"/sys/fs/cgroup/" + controller, g, false})
	}
	if g, ok := groups[""]; ok {
		list = append(list, hierarchy{"/sys/fs/cgroup", g, true}, hierarchy{"/sys/fs/cgroup/unified", g, true})
	}
	return list
}

// number reads a file that holds one, or "max"; ok is false if there is none.
func (h hierarchy) number(group, name string) (n uint64, ok bool) {
	text, err := osutil.ReadSome(h.mount+group+"/"+name, 64)
	if err != nil {
		return 0, false
	}
	n, err = parseLimit(strings.TrimSpace(string(text)))
	return n, err == nil
}

// limiting is the nearest group with a limit, and that; else the group itself.
func (h hierarchy) limiting(name string) (group string, most uint64) {
	for at := h.group; ; at = parentGroup(at) {
		if n, ok := h.number(at, name); ok && n < noLimit {
			return at, n
		}
		if at == "/" { // of a container it has a limit; the machine's has no such file
			return h.group, Unlimited
		}
	}
}

// noLimit is from where on version 1 means that there is none: the largest number of pages.
const noLimit = 1 << 62

func parentGroup(group string) string {
	i := strings.LastIndexByte(group, '/')
	return cmp.Or(group[:max(i, 0)], "/")
}

func (h hierarchy) memory() (m Memory, ok bool) {
	limit, now, most := "memory.limit_in_bytes", "memory.usage_in_bytes", "memory.max_usage_in_bytes"
	if h.v2 {
		limit, now, most = "memory.max", "memory.current", "memory.peak"
	}
	m.Group, m.Max = h.limiting(limit)
	if m.Now, ok = h.number(m.Group, now); !ok {
		return m, false
	}
	m.Most, _ = h.number(m.Group, most)
	stat, _ := osutil.ReadSome(h.mount+m.Group+"/memory.stat", mostText)
	counters := parseCounters(stat)
	if n, ok := counters["total_inactive_file"]; ok {
		m.Cache = n + counters["total_active_file"]
	} else {
		m.Cache = counters["inactive_file"] + counters["active_file"]
	}
	events := "memory.oom_control"
	if h.v2 {
		events = "memory.events"
	}
	text, _ := osutil.ReadSome(h.mount+m.Group+"/"+events, mostStatus)
	m.Killed, m.Counted = parseCounters(text)["oom_kill"], bytes.Contains(text, []byte("oom_kill "))
	return m, true
}

func (h hierarchy) tasks() (c Counted, ok bool) {
	c.Group, c.Max = h.limiting("pids.max")
	c.Now, ok = h.number(c.Group, "pids.current")
	return c, ok
}
