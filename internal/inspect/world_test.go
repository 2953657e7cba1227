package inspect

import "testing"

// Who belongs to a process, who supervises it, and who is a stranger.
func TestWorld(t *testing.T) {
	units := map[int]string{10: "/system.slice/x.service", 13: "/system.slice/x.service"}
	w := &World{
		procs: map[int]proc{
			1:  {name: "init"},
			5:  {name: "sh", parent: 1, group: 5, session: 5},
			6:  {name: "svscan", parent: 1},
			10: {name: "x", parent: 5, group: 5, session: 5, user: 33, realUser: 33, tasks: 2},
			11: {name: "worker", parent: 10, user: 33, realUser: 33, tasks: 3},
			12: {name: "job", parent: 11},
			13: {name: "old", parent: 1, tasks: 1},
			14: {name: "thief", parent: 1},
			20: {name: "y", parent: 6},
		},
		held: map[string][]holding{"socket:[1]": {{1, 3}, {5, 4}, {10, 3}, {11, 3}, {13, 3}, {14, 3}, {14, 4}}, "socket:[2]": {{6, 3}, {20, 3}}},
		unit: func(pid int) string { return units[pid] }, peers: map[uint32]string{7: "/dev/log"},
	}
	list := w.descendants(10)
	if len(list) != 2 || list[0].PID != 11 || list[1].PID != 12 {
		t.Errorf("it has started %+v", list)
	}
	// The shell has started it, and keeps its socket; its unit and its children may.
	if got := w.Sharing(10, "socket:[1]", list); len(got) != 2 || got[0].Name != "sh" || got[1].Name != "thief" {
		t.Errorf("strangers: %+v", got)
	}
	if got := w.Sharing(20, "socket:[2]", nil); len(got) != 0 {
		t.Errorf("its supervisor gives it its socket: %+v", got)
	}
	if l := w.leader(10, w.procs[10].session, nil); l.Family || l.Name != "sh" {
		t.Errorf("the session's leader: %+v", l)
	}
	if l := w.leader(10, w.procs[13].group+13, nil); !l.Family {
		t.Errorf("one of its own unit: %+v", l)
	}
	if n := w.tasksOf(33); n != 5 {
		t.Errorf("%d tasks", n)
	}
	if w.held["socket:[2]"][0].number != 3 || len(w.held) > mostHeld || w.peers[7] != "/dev/log" || w.Blind() != "" {
		t.Error("it has forgotten something")
	}
}
