package proctable

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"time"
)

// AcceptedBy names the process that has accepted a connection at this address, if
// that clearly does not belong to the daemon.
func AcceptedBy(ctx context.Context, at net.Addr, daemon []Process) string {
	ctx, cancel := context.WithTimeout(ctx, holderTime)
	defer cancel()
	return At("/proc", Directly()).acceptedBy(ctx, at, daemon)
}

// holderTime limits the search for the process that has a socket open, which gives only
// a warning: a neighbour may have millions of descriptors.
const holderTime = time.Second

// acceptedBy says nothing wherever something cannot be read, has just ended, or is
// in another network namespace than we are, where the same address is another.
// Neither does it if it finds no holder: the kernel itself listens (nfsd), and a
// daemon may keep its socket where /proc does not show it (io_uring).
func (t procTable) acceptedBy(ctx context.Context, at net.Addr, daemon []Process) string {
	sockets, err := t.taking(at, daemon)
	if err != nil || len(sockets) == 0 {
		return ""
	}
	for pid := range household(daemon) {
		if held, err := t.holds(ctx, pid, sockets); held || err != nil {
			return ""
		}
	}
	return t.holder(ctx, sockets, daemon)
}

// household are the processes that may hold a daemon's socket: its own, those
// that have started them, and process 1, which holds those of socket-activated
// units, systemd.socket(5).
func household(daemon []Process) map[int]bool {
	pids := map[int]bool{1: true}
	for _, m := range daemon {
		pids[m.PID] = true
		if m.Parent != 0 { // 0: it is in a PID namespace that we do not see
			pids[m.Parent] = true
		}
	}
	return pids
}

// taking returns what the links in /proc/PID/fd to the sockets of this address
// say, proc_pid_fd(5).
func (t procTable) taking(at net.Addr, daemon []Process) (map[string]bool, error) {
	ours, err := os.Readlink(t.root + "/self/ns/net")
	if err != nil {
		return nil, err
	}
	for _, m := range daemon {
		if theirs, err := os.Readlink(t.dir(m.PID) + "/ns/net"); err != nil || theirs != ours {
			return nil, err
		}
	}
	var inodes []uint64
	switch at := at.(type) {
	case *net.UnixAddr:
		var local []unixListener
		local, err = t.waitingUnix("self")
		inodes = boundTo(local, at.Name)
	case *net.TCPAddr: // a socket of IPv6 may be for both, ipv6(7)
		var tcp [2][]listener
		tcp, err = t.waitingTCP("self")
		inodes = taking(slices.Concat(tcp[0], tcp[1]), at.AddrPort())
	}
	sockets := make(map[string]bool, len(inodes))
	for _, inode := range inodes {
		sockets["socket:["+strconv.FormatUint(inode, 10)+"]"] = true
	}
	return sockets, err
}

// descriptorsLimit is how many descriptors of a process are looked at, and
// processesLimit how many processes.
const (
	descriptorsLimit = 64 << 10
	processesLimit   = 1 << 20
)

// holds reports whether a process has one of these sockets open.
func (t procTable) holds(ctx context.Context, pid int, sockets map[string]bool) (bool, error) {
	dir := t.dir(pid) + "/fd/"
	numbers, err := Numbers(dir, descriptorsLimit)
	if err != nil {
		return false, err
	}
	for i, number := range numbers {
		if i%1024 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		if link, err := os.Readlink(dir + strconv.Itoa(number)); err == nil && sockets[link] {
			return true, nil
		}
	}
	return false, nil
}

// holder looks through all processes, which is expensive, for one that holds one of the
// sockets. If one of them is the daemon's child, it is nobody else's.
func (t procTable) holder(ctx context.Context, sockets map[string]bool, daemon []Process) string {
	pids, err := Numbers(t.root, processesLimit)
	if err != nil {
		return ""
	}
	stranger, lowest := "", 0
	for _, pid := range pids {
		if ctx.Err() != nil {
			return ""
		}
		if held, err := t.holds(ctx, pid, sockets); err != nil || !held {
			continue
		}
		called, descends, err := t.descent(pid, daemon)
		if descends || err != nil {
			return ""
		}
		if stranger == "" || pid < lowest {
			stranger, lowest = fmt.Sprintf("pid %d %s", pid, called), pid
		}
	}
	return stranger
}

// descent tells what a process is called, and whether one of these has started it
// or one that has.
func (t procTable) descent(pid int, ancestors []Process) (name string, descends bool, err error) {
	for at := pid; at > 1; {
		st, err := t.readStatus(at, nil)
		if err != nil {
			return "", false, err
		}
		if at == pid {
			name = unescape(st.Name)
		}
		at = st.Parent
		if slices.ContainsFunc(ancestors, func(p Process) bool { return p.PID == at }) {
			return name, true, nil
		}
	}
	return name, false, nil
}
