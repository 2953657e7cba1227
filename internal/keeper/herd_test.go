package keeper

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

// herd is a machine whose processes all run one program. A service's start fails while
// somebody holds its port, and does nothing while its main process runs.
type herd struct {
	machine
	keeper  *Keeper
	began   time.Time
	state   sync.Mutex // guards procs and what they are: daemons are kept side by side
	procs   []*proc
	nextPID int
	sick    bool // what runs does not answer, until there is a new main process
	onStop  func() error
	signals []string
	groups  map[string]string // of services
	boot    string
}

// proc is a process. Its start is its number and 1000.
type proc struct {
	pid, parent int
	user        uint32
	holds       bool // port 80
	at          time.Time
	ends        time.Time // zero: it does not end by itself
	stubborn    bool      // TERM does not end it
	reused      bool      // another process has its number now
	group       string
}

const wwwData = 33

// newHerd is to be called within the bubble.
func newHerd(t *testing.T, procs ...proc) *herd {
	h := &herd{began: time.Now(), nextPID: 500, boot: "b", groups: make(map[string]string)}
	for _, p := range procs {
		p.at = h.began.Add(-time.Hour)
		h.procs = append(h.procs, &p)
	}
	h.keeper = newKeeper(t, &h.machine)
	h.keeper.Manager, h.keeper.Look, h.keeper.Log = h, h.look, h
	h.keeper.Kin, h.keeper.Runs, h.keeper.Started = h, h.runs, func(pid int) (uint64, error) { return uint64(pid) + 1000, nil }
	h.keeper.UserName = func(id uint32) string { return map[uint32]string{0: "root", wwwData: "www-data"}[id] }
	h.keeper.Clock = func() past.Stamp {
		return past.Stamp{Time: time.Now().UTC().Round(0), Boot: h.boot, Up: 24*time.Hour + time.Since(h.began)}
	}
	h.keeper.Probe = func(_ context.Context, _ check.Spec, v check.Verdict, _ bool) check.Verdict { return v }
	return h
}

// remembers gives the runs a memory, with these processes as they were a minute ago.
func (h *herd) remembers(t *testing.T, list ...past.Process) {
	t.Helper()
	h.keeper.Store = openStore(t, t.TempDir()+"/state")
	seen := h.keeper.Clock()
	seen.Time, seen.Up = seen.Time.Add(-time.Minute), seen.Up-time.Minute
	must(t, h.keeper.Store.Update(h.keeper.Key, true, func(all map[string]past.Daemon) {
		all["/sbin/x"] = past.Daemon{Known: seen, LastUp: seen, UpSince: seen, Processes: list}
	}))
}

func (p *proc) alive() bool { return p.ends.IsZero() || time.Now().Before(p.ends) }

func (h *herd) alive() []*proc {
	return slices.DeleteFunc(slices.Clone(h.procs), func(p *proc) bool { return !p.alive() })
}

func (h *herd) find(pid int) *proc {
	for _, p := range h.procs {
		if p.pid == pid {
			return p
		}
	}
	return nil
}

func (h *herd) look(_ context.Context, specs []check.Spec, _ check.Options) []check.Verdict {
	h.state.Lock()
	defer h.state.Unlock()
	var list []check.Verdict
	for _, s := range specs {
		v := check.Verdict{State: check.Down}
		for _, p := range h.alive() {
			if s.User != nil && *s.User != p.user {
				continue
			}
			m := check.Match{Process: proctable.Process{PID: p.pid, Parent: p.parent, User: p.user, Exe: "/sbin/x", File: proctable.FileID{Dev: 1, Ino: 2}}}
			if !h.find(p.parent).isAlive() {
				m.Parent = 1
			}
			m.Usage.Start, m.Usage.Age = uint64(p.pid)+1000, time.Since(p.at)
			v.Matches, v.State = append(v.Matches, m), check.Up
		}
		if h.sick && v.State == check.Up && s.Bounds().Min > 0 {
			v.State, v.Faults = check.Down, []check.Fault{{Aspect: check.Listening, Severity: check.Restart, Text: "it refuses connections"}}
		}
		list = append(list, v)
	}
	return list
}

func (p *proc) isAlive() bool { return p != nil && p.alive() }

func (h *herd) runs(pid int, start uint64) (bool, error) {
	h.state.Lock()
	defer h.state.Unlock()
	return h.find(pid).isAlive() && start == uint64(pid)+1000, nil
}

func (h *herd) Stop(ctx context.Context, service string, with rcd.With) error {
	_ = h.machine.Stop(ctx, service, with)
	if h.onStop != nil {
		h.state.Lock()
		defer h.state.Unlock()
		return h.onStop()
	}
	return nil
}

func (h *herd) Start(ctx context.Context, service string, with rcd.With) error {
	_ = h.machine.Start(ctx, service, with)
	h.state.Lock()
	defer h.state.Unlock()
	for _, p := range h.alive() {
		switch {
		case p.user == 0:
			return nil // already running
		case p.holds:
			return errors.New("cannot start service x: address in use")
		}
	}
	h.nextPID++
	h.sick = false
	h.procs = append(h.procs, &proc{pid: h.nextPID, parent: 1, at: time.Now()})
	return nil
}

func (h *herd) Condition(_ context.Context, service string) (rcd.Condition, error) {
	return rcd.Condition{Group: h.groups[service]}, nil
}

func (h *herd) Group(pid int) string {
	h.state.Lock()
	defer h.state.Unlock()
	if p := h.find(pid); p != nil {
		return p.group
	}
	return ""
}

func (h *herd) Sockets(pids []int) ([]proctable.Socket, error) {
	h.state.Lock()
	defer h.state.Unlock()
	for _, pid := range pids {
		if p := h.find(pid); p.isAlive() && p.holds {
			return []proctable.Socket{{Network: "tcp", Addr: netip.MustParseAddrPort("0.0.0.0:80")}}, nil
		}
	}
	return nil, nil
}

func (h *herd) Seize(k check.Kin) (Seized, error) {
	h.state.Lock()
	defer h.state.Unlock()
	p := h.find(k.PID)
	if !p.isAlive() || p.reused {
		return nil, osutil.ErrEnded
	}
	return seized{h, p}, nil
}

type seized struct {
	*herd
	*proc
}

func (s seized) Signal(sig syscall.Signal) error {
	s.state.Lock()
	defer s.state.Unlock()
	name := map[syscall.Signal]string{syscall.SIGTERM: "TERM", syscall.SIGKILL: "KILL"}[sig]
	s.signals = append(s.signals, fmt.Sprint(name, " ", s.pid, " after ", time.Since(s.began).Round(time.Second)))
	switch {
	case sig == syscall.SIGKILL:
		s.ends = time.Now()
	case !s.stubborn:
		s.ends = time.Now().Add(time.Second)
	}
	return nil
}

func (s seized) Ended() (bool, error) {
	s.state.Lock()
	defer s.state.Unlock()
	return !s.proc.alive(), nil
}

func (s seized) Close() {}

func (h *herd) run(t *testing.T, ctx context.Context, d Daemon, others ...Daemon) report.Daemon {
	t.Helper()
	return h.keeper.Run(ctx, append([]Daemon{d}, others...))[0]
}

// did is the signals that were sent, in the order of the processes.
func (h *herd) did() string { return strings.Join(slices.Sorted(slices.Values(h.signals)), ", ") }

func (h *herd) logged() string { return strings.Join(h.log, "\n") }

// roots is a daemon of which only root's processes count.
func roots(leftovers string, services ...string) Daemon {
	d := daemon(services...)
	d.Spec.User, d.Leftovers, d.Hurry = new(uint32), leftovers, 2*time.Second
	return d
}
