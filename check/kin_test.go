package check

import (
	"slices"
	"testing"
)

// Which processes are certainly left of a daemon, and which only may be. In each row
// the family is as before the stop; what has not ended runs now.
func TestLeft(t *testing.T) {
	const unit, other = "/system.slice/nginx.service", "/system.slice/other.service"
	main := Kin{PID: 100, Start: 1000, Parent: 1, Counts: true}
	worker := func(pid, parent int) Kin { return Kin{PID: pid, Start: 1000 + uint64(pid), Parent: parent, User: 33} }
	in := func(group string, list ...Kin) []Kin {
		for i := range list {
			list[i].Group = group
		}
		return list
	}
	known := func(pid, parent int) Ancestor {
		return Ancestor{PID: pid, Start: 1000 + uint64(pid), Parent: parent}
	}
	mainKnown := Ancestor{PID: 100, Start: 1000, Parent: 1, Counts: true}
	holds := func(k Kin) Kin { k.Holds = true; return k }
	for _, tc := range []struct {
		name     string
		family   Family
		ended    []int
		new      []Kin
		certain  []int
		possible []int
	}{
		{"all have ended", Family{Kin: []Kin{main, worker(101, 100)}}, []int{100, 101}, nil, nil, nil},
		{"workers outlive their main process", Family{Kin: []Kin{main, worker(101, 100), worker(102, 100)}}, []int{100}, nil, []int{101, 102}, nil},
		{"and theirs", Family{Kin: []Kin{main, worker(101, 100), worker(102, 101)}}, []int{100, 101}, nil, []int{102}, nil},
		{"a worker that was started since", Family{Kin: []Kin{main, worker(101, 100)}}, []int{100}, []Kin{worker(300, 101)}, []int{101, 300}, nil},
		{"a stranger that was started since", Family{Kin: []Kin{main, worker(101, 100)}}, []int{100}, []Kin{worker(300, 1)}, []int{101}, nil},
		{
			"the main process had ended before: the memory knows whose they were",
			Family{Kin: []Kin{worker(101, 1), worker(102, 1)}, Ancestors: []Ancestor{mainKnown, known(101, 100), known(102, 100)}},
			nil, nil,
			[]int{101, 102},
			nil,
		},
		{
			"one of them is not known",
			Family{Kin: []Kin{worker(101, 1), worker(102, 1)}, Ancestors: []Ancestor{mainKnown, known(101, 100)}},
			nil, nil,
			[]int{101},
			[]int{102},
		},
		{
			"the number is another process's now",
			Family{Kin: []Kin{{PID: 101, Start: 9999, Parent: 1}}, Ancestors: []Ancestor{mainKnown, known(101, 100)}},
			nil, nil, nil,
			[]int{101},
		},
		{"an earlier run has found it", Family{Kin: []Kin{worker(101, 1), worker(102, 1)}, Relics: []Ancestor{{PID: 101, Start: 1101}, {PID: 102, Start: 7}}}, nil, nil, []int{101}, []int{102}},
		{"nothing is known", Family{Kin: []Kin{worker(101, 1)}}, nil, nil, nil, []int{101}},
		{"workers that count, of nobody", Family{Kin: []Kin{{PID: 101, Start: 1, Parent: 1, Counts: true}}}, nil, nil, nil, []int{101}},
		{"the main process survives: it may be a second instance", Family{Kin: []Kin{main, worker(101, 100)}, Ancestors: []Ancestor{mainKnown}}, nil, nil, nil, []int{100, 101}},
		{"but not where it holds the daemon's address", Family{Kin: []Kin{holds(main)}}, nil, nil, []int{100}, nil},
		{"an address is not all: it does not count", Family{Kin: []Kin{holds(worker(101, 1))}}, nil, nil, nil, []int{101}},
		{"a second instance has ended, too, and its workers go on", Family{Kin: []Kin{main, {PID: 200, Start: 2000, Parent: 1, Counts: true}, worker(201, 200)}}, []int{100}, nil, nil, []int{200, 201}},
		{"another daemon's", Family{Kin: []Kin{main, {PID: 101, Start: 1101, Parent: 100, Claimed: true}}}, []int{100}, nil, nil, nil},
		{"another daemon's workers", Family{Kin: []Kin{{PID: 100, Start: 1000, Parent: 1, Counts: true, Claimed: true}, worker(101, 100)}}, []int{100}, nil, nil, []int{101}},
		{"a main process that did not count", Family{Kin: []Kin{worker(100, 1), worker(101, 100)}}, []int{100}, nil, nil, []int{101}},
		{"a circle", Family{Kin: []Kin{{PID: 5, Start: 1, Parent: 6}, {PID: 6, Start: 1, Parent: 5}}}, nil, nil, nil, []int{5, 6}},

		{"in the unit", Family{Kin: in(unit, worker(101, 1)), Group: unit}, nil, nil, []int{101}, nil},
		{"below the unit", Family{Kin: in(unit+"/payload", worker(101, 1)), Group: unit}, nil, nil, []int{101}, nil},
		{"in the unit, the main process", Family{Kin: in(unit, main), Group: unit}, nil, nil, []int{100}, nil},
		{"in the unit, started since", Family{Kin: in(unit, main), Group: unit}, []int{100}, in(unit, worker(300, 1)), []int{300}, nil},
		{"of a unit that only begins so", Family{Kin: in(unit+"2", worker(101, 1)), Group: unit}, nil, nil, nil, nil},
		{"of another unit, though known", Family{Kin: in(other, worker(101, 1)), Group: unit, Ancestors: []Ancestor{mainKnown, known(101, 100)}}, nil, nil, nil, nil},
		{"of another unit, and it holds the address", Family{Kin: in(other, holds(main)), Group: unit}, nil, nil, nil, nil},
		{"of another unit, and ours is not known", Family{Kin: in(other, worker(101, 1)), Ancestors: []Ancestor{mainKnown, known(101, 100)}}, nil, nil, nil, nil},
		{"of a session", Family{Kin: in("/user.slice/user-0.slice/session-3.scope", worker(101, 1)), Ancestors: []Ancestor{mainKnown, known(101, 100)}}, nil, nil, nil, nil},
		{
			"in a container, all are in one group",
			Family{Kin: in("/system.slice/docker-1.scope", worker(101, 1)), Own: "/system.slice/docker-1.scope", Ancestors: []Ancestor{mainKnown, known(101, 100)}},
			nil, nil,
			[]int{101},
			nil,
		},
		{"no groups", Family{Kin: in("/", main, worker(101, 100)), Own: "/"}, []int{100}, nil, []int{101}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			now := slices.DeleteFunc(slices.Clone(tc.family.Kin), func(k Kin) bool { return slices.Contains(tc.ended, k.PID) })
			certain, possible := tc.family.Left(append(now, tc.new...))
			if got := kinPIDs(certain); !slices.Equal(got, tc.certain) {
				t.Errorf("certain %v, want %v", got, tc.certain)
			}
			if got := kinPIDs(possible); !slices.Equal(got, tc.possible) {
				t.Errorf("possible %v, want %v", got, tc.possible)
			}
		})
	}
}

func kinPIDs(list []Kin) []int {
	var pids []int
	for _, k := range list {
		pids = append(pids, k.PID)
	}
	return pids
}
