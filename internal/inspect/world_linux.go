package inspect

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
)

// Supported reports whether this system can be looked at.
const Supported = true

// Limits of what is read of each process.
const (
	mostStatus = proctable.MostStatus
	mostText   = 1 << 20 // bytes of a table
	mostMaps   = 16 << 20
	mostOpen   = 1 << 16 // descriptors that are looked at; all are counted
)

func procDir(pid int) string { return "/proc/" + strconv.Itoa(pid) }

// ReadWorld looks at all processes. What has ended meanwhile is left out.
func ReadWorld(ctx context.Context) (*World, error) {
	pids, err := proctable.Numbers("/proc", -1)
	if err != nil {
		return nil, fmt.Errorf("cannot read the process table: %w", err)
	}
	w := &World{procs: make(map[int]proc), held: make(map[string][]holding), unit: proctable.Group, peers: readPeers()}
	held := 0
	for _, pid := range pids {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("cannot read the process table in time: %w", context.Cause(ctx))
		}
		task, err := proctable.ReadStat(pid)
		if err != nil {
			continue
		}
		p := proc{name: task.Name, parent: task.Parent, group: task.Group, session: task.Session, start: task.Start}
		if text, err := osutil.ReadSome(procDir(pid)+"/status", mostStatus); err == nil {
			st, _ := proctable.ParseStatus(text) // as far as it goes
			p.user, p.realUser, p.tasks = st.Users[proctable.Effective], st.Users[proctable.Real], uint64(st.Threads)
		}
		w.procs[pid] = p
		n, err := w.hold(pid, mostHeld-held)
		switch held += n; {
		case held >= mostHeld:
			w.blind = "more is open on this machine than is looked at"
		case err != nil && !proctable.IsEnded(err):
			w.blind = "what other processes have open may not be looked at: " + osutil.Cause(err).Error()
		}
	}
	return w, nil
}

// hold remembers the pipes and sockets of a process.
func (w *World) hold(pid, most int) (n int, err error) {
	dir := procDir(pid) + "/fd"
	numbers, _, err := proctable.Descriptors(dir, mostOpen)
	for _, number := range numbers {
		if n >= most {
			break
		}
		link, err := os.Readlink(dir + "/" + strconv.Itoa(number))
		if err != nil {
			continue // closed meanwhile
		}
		if strings.HasPrefix(link, "pipe:") || strings.HasPrefix(link, "socket:") {
			w.held[link] = append(w.held[link], holding{pid, number})
			n++
		}
	}
	return n, err
}
