package check

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// Kin is a process that runs a daemon's program, of whatever user.
type Kin struct {
	PID    int
	Start  uint64 // as Usage.Start
	Parent int
	User   uint32
	File   proctable.FileID // that it executes
	Age    time.Duration    // since its start
	Group  string           // its control group, see Group; "" if there is none, or it cannot be told

	Counts  bool // it was one of the daemon's processes
	Holds   bool // it listens at an address at which the daemon must listen
	Claimed bool // it belongs to another daemon
}

func (k Kin) id() kinID { return kinID{k.PID, k.Start} }

// kinID identifies a process even if its number is used again.
type kinID struct {
	pid   int
	start uint64
}

// Ancestor is a process of the daemon that is remembered from when it was last seen up.
type Ancestor struct {
	PID    int
	Start  uint64
	Parent int  // 0 if it is not known
	Counts bool // else it was only a descendant of those that do
}

func (a Ancestor) id() kinID { return kinID{a.PID, a.Start} }

// Family is what is known of a daemon's processes before its service is stopped.
type Family struct {
	Kin       []Kin      // that ran then
	Ancestors []Ancestor // of the same boot
	Relics    []Ancestor // that an earlier run has found to be left of a main process
	Group     string     // the service's control group; "" if there is none, or it is not known
	Own       string     // that of this process
}

// Program is a Spec for all processes that execute the same program.
func (s *Spec) Program() Spec {
	return Spec{Executable: s.Executable, Count: &words.Count{Min: 0, Max: words.NoLimit}}
}

// KinOf are the processes of a verdict on Spec.Program.
func KinOf(v Verdict, group func(pid int) string) []Kin {
	list := make([]Kin, 0, len(v.Matches))
	for _, m := range v.Matches {
		list = append(list, Kin{
			PID: m.PID, Start: m.Usage.Start, Parent: m.Parent, User: m.User, File: m.File, Age: m.Usage.AgeNow(), Group: group(m.PID),
		})
	}
	return list
}

// Left tells which of the processes that run the program now are left of the daemon.
//
// Certain are those in its service's control group, where there is one; else those that
// descend from a main process of it that has ended, and a main process that still
// listens at the daemon's own address. No other living main process is certain: it may
// be a second instance, which the Spec does not tell from the first. It may be left of
// the daemon, as may be what was there before the stop and has lost its parent.
func (f Family) Left(now []Kin) (certain, possible []Kin) {
	lines := f.lineage()
	alive := aliveOf(now)
	sure := make(map[kinID]bool)
	for _, k := range now {
		if f.isSure(k, lines, alive) {
			sure[k.id()] = true
		}
	}
	byPID := pidsOf(now)
	for _, k := range now {
		switch _, before := lines[k.id()]; {
		case k.Claimed, f.place(k) == elsewhere:
		case sure[k.id()], !before && f.comesFrom(k, sure, byPID):
			certain = append(certain, k)
		case before:
			possible = append(possible, k)
		}
	}
	byNumber := func(a, b Kin) int { return cmp.Compare(a.PID, b.PID) }
	slices.SortFunc(certain, byNumber)
	slices.SortFunc(possible, byNumber)
	return certain, possible
}

// member is a process before the stop, with the one that had started it.
type member struct {
	parent  kinID // zero: it is not in the family
	counted bool
	claimed bool
}

// lineage joins what ran before the stop with what is remembered. The parent of a
// process whose parent has ended is another one, credentials(7): then the memory knows
// better.
func (f Family) lineage() map[kinID]member {
	lines := make(map[kinID]member)
	remembered := make(map[int]kinID)
	for _, a := range f.Ancestors {
		remembered[a.PID] = a.id()
	}
	for _, a := range f.Ancestors {
		lines[a.id()] = member{parent: remembered[a.Parent], counted: a.Counts}
	}
	byPID := pidsOf(f.Kin)
	for _, k := range f.Kin {
		m := lines[k.id()]
		m.counted, m.claimed = m.counted || k.Counts, k.Claimed
		if parent, ok := byPID[k.Parent]; ok && parent.Start <= k.Start {
			m.parent = parent.id()
		}
		lines[k.id()] = m
	}
	return lines
}

func pidsOf(list []Kin) map[int]Kin {
	byPID := make(map[int]Kin, len(list))
	for _, k := range list {
		byPID[k.PID] = k
	}
	return byPID
}

// mostGenerations bounds the way to an ancestor, which what others write could make a
// circle.
const mostGenerations = 16

func (f Family) isSure(k Kin, lines map[kinID]member, alive map[kinID]bool) bool {
	switch f.place(k) {
	case within:
		return true
	case elsewhere:
		return false
	}
	return k.Counts && k.Holds || f.isOrphan(k, lines, alive)
}

// isOrphan reports whether a process descends from one of the daemon's that has ended.
func (f Family) isOrphan(k Kin, lines map[kinID]member, alive map[kinID]bool) bool {
	at := k.id()
	if slices.ContainsFunc(f.Relics, func(a Ancestor) bool { return a.id() == at }) {
		return true
	}
	for range mostGenerations {
		m, ok := lines[at]
		if !ok || m.parent == (kinID{}) {
			break
		}
		at = m.parent
		if p := lines[at]; p.counted && !p.claimed && !alive[at] {
			return true
		}
	}
	return false
}

// Stops tells which of the daemon's processes end when its service is stopped: not what
// is another's, and not what a main process has left that had ended before.
func (f Family) Stops() []Kin {
	lines := f.lineage()
	alive := aliveOf(f.Kin)
	var list []Kin
	for _, k := range f.Kin {
		isOthers := k.Claimed || f.Group != "" && f.place(k) == elsewhere
		if k.Counts && !isOthers && !f.isOrphan(k, lines, alive) {
			list = append(list, k)
		}
	}
	return list
}

func aliveOf(list []Kin) map[kinID]bool {
	alive := make(map[kinID]bool, len(list))
	for _, k := range list {
		alive[k.id()] = true
	}
	return alive
}

// comesFrom reports whether a process that has been started since descends from one of
// these.
func (f Family) comesFrom(k Kin, sure map[kinID]bool, byPID map[int]Kin) bool {
	for range mostGenerations {
		parent, ok := byPID[k.Parent]
		if !ok || parent.Start > k.Start {
			return false
		}
		if sure[parent.id()] {
			return true
		}
		k = parent
	}
	return false
}

// whereabouts of a process by its control group.
type whereabouts int

const (
	anywhere  whereabouts = iota // the groups tell nothing
	within                       // it is in the service's group
	elsewhere                    // it is in the group of something else
)

// place: systemd has a group for each service and each session, and every process that
// they start stays there. In a container without systemd all are in one group, ours too.
func (f Family) place(k Kin) whereabouts {
	switch {
	case f.Group != "" && f.Group != "/" && (k.Group == f.Group || strings.HasPrefix(k.Group, f.Group+"/")):
		return within
	case proctable.UnitIn(k.Group) != "" && k.Group != f.Own:
		return elsewhere
	case f.Group != "" && k.Group != "":
		return elsewhere
	}
	return anywhere
}
