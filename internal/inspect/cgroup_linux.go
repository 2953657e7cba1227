package inspect

import (
	"bytes"
	"cmp"
	"strings"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
)

// memory reads the memory of the control group that is nearest to its limit, or without limits that
// of the process's own group.
func (r *reader) memory() {
	text, err := r.read("cgroup", mostText)
	if err != nil {
		r.f.Memory, r.f.Tasks = denied[Memory](err), denied[Counted](err)
		return
	}
	groups := make(map[string]string)
	for controllers, group := range proctable.Groups(text) {
		for c := range strings.SplitSeq(controllers, ",") {
			groups[c] = group
		}
	}
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

// hierarchies are the places where a controller may be, cgroups(7). Version 2 has two: the usual one,
// and the one where systemd mounts it beside version 1.
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
	n, err = proctable.ParseAmount(strings.TrimSpace(string(text)))
	return n, err == nil
}

// limiting is the group that is nearest to its limit, with that limit: the process's own group or
// one above it. If none has a limit, it is the own group. The root group of a container may have a
// limit; that of the machine has no such file.
func (h hierarchy) limiting(name string, used func(group string) (uint64, bool)) (group string, most uint64) {
	group, most = h.group, proctable.Unlimited
	nearest := -1.0
	for at := h.group; ; at = parentGroup(at) {
		if limit, ok := h.number(at, name); ok && limit < noLimit {
			if n, ok := used(at); ok && float64(n)/float64(max(limit, 1)) > nearest {
				group, most, nearest = at, limit, float64(n)/float64(max(limit, 1))
			}
		}
		if at == "/" {
			return group, most
		}
	}
}

// noLimit is the smallest number that means "no limit" in version 1, which has no word for it.
const noLimit = 1 << 62

func parentGroup(group string) string {
	i := strings.LastIndexByte(group, '/')
	return cmp.Or(group[:max(i, 0)], "/")
}

func (h hierarchy) memory() (m Memory, ok bool) {
	limit, most, events := "memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.oom_control"
	if h.v2 {
		limit, most, events = "memory.max", "memory.peak", "memory.events"
	}
	m.Group, m.Max = h.limiting(limit, func(group string) (uint64, bool) {
		now, cache, ok := h.held(group)
		return now - min(cache, now), ok
	})
	if m.Now, m.Cache, ok = h.held(m.Group); !ok {
		return m, false
	}
	m.Most, _ = h.number(m.Group, most)
	// A kill is counted in the group of the process that is killed, whichever group was at its limit.
	text, _ := osutil.ReadSome(h.mount+h.group+"/"+events, mostStatus)
	m.Own, m.Killed, m.Counted = h.group, parseCounters(text)["oom_kill"], bytes.Contains(text, []byte("oom_kill "))
	return m, true
}

// held is the memory of a group, and how much of it the kernel can reclaim before it kills anybody.
func (h hierarchy) held(group string) (now, cache uint64, ok bool) {
	name := "memory.usage_in_bytes"
	if h.v2 {
		name = "memory.current"
	}
	if now, ok = h.number(group, name); !ok {
		return 0, 0, false
	}
	stat, _ := osutil.ReadSome(h.mount+group+"/memory.stat", mostText)
	c := parseCounters(stat)
	if n, ok := c["total_inactive_file"]; ok { // version 1: with the groups below
		return now, n + c["total_active_file"], true
	}
	return now, c["inactive_file"] + c["active_file"] + c["slab_reclaimable"], true
}

func (h hierarchy) tasks() (c Counted, ok bool) {
	now := func(group string) (uint64, bool) { return h.number(group, "pids.current") }
	c.Group, c.Max = h.limiting("pids.max", now)
	c.Now, ok = now(c.Group)
	return c, ok
}
