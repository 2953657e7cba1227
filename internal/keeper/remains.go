package keeper

import (
	"fmt"
	"slices"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

// remains is what is known about a daemon that has counted processes although its main
// process seems to have ended: leftovers of a daemon are not the daemon.
type remains struct {
	gone    past.Process // the main process that has ended; its PID is 0 if none is known
	relics  []relic      // the processes that count
	service string
	cond    rcd.Condition // of that service
	file    pidFile
	told    bool // the system reports the children of a process
	twice   bool // gone was seen by two runs, so it was not a parent that only waits for its child to start
}

// relic is a process that may be a leftover of a dead daemon.
type relic struct {
	pid   int
	unit  string        // its systemd unit; "" if none
	age   time.Duration // since its start
	old   bool          // it was running when the daemon was last seen up
	kin   bool          // it was then a descendant of the main process that has ended
	left  bool          // it is a leftover of an earlier main process
	heir  bool          // it has started others that count, and waits for connections: it may be a new main process
	own   bool          // it is in the unit of one of the daemon's services
	alien bool          // it is in the unit of a service that is not the daemon's
}

// pidFile is what the daemon's pidfile says.
type pidFile struct {
	pid   int
	runs  bool
	known bool
}

// finding is the conclusion about remains.
type finding struct {
	dead bool
	main int    // the running main process; 0: none is known
	why  string // why it is unknown, for people; "" if it is known
}

// judge decides. It believes the service's manager first and the daemon's pidfile second; the
// memory alone is not enough. If the answer is unknown, the daemon counts as up.
func (r remains) judge() finding {
	over := r.cond.State != rcd.Running && r.cond.Life.Ended > 0 // otherwise it may be a command that has started the daemon and ended
	switch {
	case r.has(r.cond.Main):
		return finding{main: r.cond.Main}
	case r.file.runs && r.has(r.file.pid):
		return finding{main: r.file.pid}
	case r.has(r.gone.Parent): // it was not a main process
		return finding{main: r.gone.Parent}
	case over && r.all(r.isOfLife):
		return r.unlessHeir("service " + r.service + " has no main process any more")
	case over:
		x := r.other(r.isOfLife)
		return finding{main: x.pid, why: fmt.Sprintf("service %s has ended, and process %d%s was started outside of it", r.service, x.pid, inBrackets(x.unit))}
	case r.gone.PID == 0: // all that is known is that the process is in the unit of another service
		return finding{}
	case !r.twice || !r.all(r.isRelic):
		return finding{main: r.other(r.isRelic).pid}
	case r.cond.State == rcd.Stopped:
		return r.unlessHeir("service " + r.service + " is stopped")
	case r.file.known && !r.file.runs:
		return r.unlessHeir("the process of its pidfile has ended")
	}
	return finding{why: "nothing else says whether they are what is left of it"}
}

func (r remains) has(pid int) bool { return slices.Contains(r.pids(), pid) }

func (r remains) all(is func(relic) bool) bool {
	return !slices.ContainsFunc(r.relics, func(x relic) bool { return !is(x) })
}

// isOfLife reports whether a process was started during the last life of the service, or
// belongs to another service and was running together with the main process that has ended.
func (r remains) isOfLife(x relic) bool {
	life := r.cond.Life
	if x.left || x.kin && x.old {
		return true
	}
	slack := startSlack
	if x.own {
		slack = stampSlack
	}
	return x.age > life.Ended && (x.age <= life.Began+slack || x.alien && r.gone.PID != 0)
}

const (
	// startSlack allows for the kernel counting start times in hundredths of a second.
	startSlack = 50 * time.Millisecond
	// stampSlack allows for systemd recording a start after it has forked, unit_notify() in its
	// unit.c: on a busy machine the daemon has started its workers by then.
	stampSlack = 5 * time.Second
)

// isRelic reports whether, by the memory, a process was left by the main process. On systems
// that do not report children, every process that was running then may have been.
func (r remains) isRelic(x relic) bool {
	return x.left || x.old && (x.kin || !r.told)
}

// unlessHeir rules out a successor: when its program is upgraded, a daemon may hand over to a
// process that it has started.
func (r remains) unlessHeir(why string) finding {
	for _, x := range r.relics {
		if x.heir {
			return finding{why: fmt.Sprintf("%s, and process %d, which has started others, waits for connections", why, x.pid)}
		}
	}
	return finding{dead: true}
}

// other returns the first process for which is returns false: a leftover of an earlier main
// process must not be taken for the new one.
func (r remains) other(is func(relic) bool) relic {
	for _, x := range r.relics {
		if !is(x) {
			return x
		}
	}
	return relic{}
}

// text says what is wrong with a daemon that consists of leftovers only.
func (r remains) text() string {
	main := "its main process has ended"
	switch {
	case r.gone.PID != 0:
		main = fmt.Sprintf("its main process (pid %d) has ended", r.gone.PID)
	case r.cond.Life.Main != 0:
		main = fmt.Sprintf("its main process (pid %d) has ended", r.cond.Life.Main)
	}
	if i := slices.IndexFunc(r.relics, func(x relic) bool { return x.alien && !x.kin }); i >= 0 && len(r.relics) == 1 {
		return fmt.Sprintf("%s; process %d is of %s", main, r.relics[i].pid, r.relics[i].unit)
	}
	if len(r.relics) == 1 {
		return fmt.Sprintf("%s; one of its processes is left (pid %d)", main, r.relics[0].pid)
	}
	return fmt.Sprintf("%s; %d of its processes are left", main, len(r.relics))
}

// pids lists the PIDs of the processes that count.
func (r remains) pids() []int {
	var list []int
	for _, x := range r.relics {
		list = append(list, x.pid)
	}
	return list
}

// doubtText is the notice if it is unknown whether they are leftovers.
func (r remains) doubtText(why string) string {
	if r.gone.PID == 0 {
		return why
	}
	return fmt.Sprintf("its main process (pid %d) has ended, and it counts as up by %s: %s", r.gone.PID, report.PIDList(r.pids()), why)
}
