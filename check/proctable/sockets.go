package proctable

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Socket is an address at which a process accepts connections.
type Socket struct {
	Network string         // tcp, tcp6 or unix
	Addr    netip.AddrPort // of tcp and tcp6
	Path    string         // of unix; one that begins with @ is in no file system
}

// String is such as "tcp 0.0.0.0:80".
func (s Socket) String() string {
	if s.Network == "unix" {
		return "unix " + s.Path
	}
	return s.Network + " " + s.Addr.String()
}

// Reachable is the address of the best of these sockets, as listen takes it, from this
// machine: what listens at any address does so at the loopback, too, and needs no name
// service and passes no firewall there. IPv4 comes first. "" if none is of TCP.
func Reachable(list []Socket) string {
	best, rank := "", 0
	for _, s := range list {
		if s.Network == "unix" {
			continue
		}
		host := s.Addr.Addr()
		r := 1
		switch {
		case host == netip.IPv4Unspecified():
			host, r = netip.MustParseAddr("127.0.0.1"), 4
		case host == netip.IPv6Unspecified():
			host, r = netip.IPv6Loopback(), 3
		case host.IsLoopback() && host.Is4():
			r = 4
		case host.IsLoopback():
			r = 3
		case host.Is4():
			r = 2
		}
		if r > rank {
			best, rank = s.Network+"://"+netip.AddrPortFrom(host, s.Addr.Port()).String(), r
		}
	}
	return best
}

// Limits of what is read to find out where processes listen.
const (
	mostAsked   = 64       // processes
	mostOpen    = 1 << 16  // open files of each
	mostTable   = 64 << 20 // bytes of each table
	mostSockets = 64       // that are told of
)

// unixListener is a socket of the file system that waits for connections.
type unixListener struct {
	inode uint64
	path  string
}

// parseUnixListening reads /proc/PID/net/unix, unix(7): all sockets that wait for
// connections and have an address. A path may hold blanks and line ends, and any user may
// bind a socket to such a path. So a line that is not a row is left out; a table with another
// heading is an error.
func parseUnixListening(table io.Reader) ([]unixListener, error) {
	const heading = "Num RefCount Protocol Flags Type St Inode Path"
	var list []unixListener
	lines := bufio.NewScanner(table)
	if lines.Scan() && strings.Join(strings.Fields(lines.Text()), " ") != heading {
		return nil, fmt.Errorf("a table with the heading %.60q", lines.Text())
	}
	for lines.Scan() {
		const flags, inode, path = 3, 6, 7
		rest := lines.Text()
		var fields [path]string
		for i := range fields {
			fields[i], rest, _ = strings.Cut(strings.TrimLeft(rest, " "), " ")
		}
		set, err := strconv.ParseUint(fields[flags], 16, 32)
		number, err2 := strconv.ParseUint(fields[inode], 10, 64)
		if err == nil && err2 == nil && set&acceptsConnections != 0 && rest != "" {
			list = append(list, unixListener{number, rest})
		}
	}
	return list, lines.Err()
}

// boundTo are the inodes of those that wait for connections to a path, which is as they were
// bound to it.
func boundTo(list []unixListener, path string) (inodes []uint64) {
	for _, l := range list {
		if l.path == path {
			inodes = append(inodes, l.inode)
		}
	}
	return inodes
}

// socketsOf are those of the tables that are held, each once, in an order that stays.
func socketsOf(held map[uint64]bool, tcp, tcp6 []listener, local []unixListener) []Socket {
	var list []Socket
	add := func(inode uint64, s Socket) {
		if held[inode] && !slices.Contains(list, s) && len(list) < mostSockets {
			list = append(list, s)
		}
	}
	for _, l := range tcp {
		add(l.inode, Socket{Network: "tcp", Addr: l.addr})
	}
	for _, l := range tcp6 {
		add(l.inode, Socket{Network: "tcp6", Addr: l.addr})
	}
	for _, l := range local {
		add(l.inode, Socket{Network: "unix", Path: l.path})
	}
	slices.SortFunc(list, func(a, b Socket) int {
		if a.Network != b.Network {
			return strings.Compare(a.Network, b.Network)
		}
		if c := a.Addr.Compare(b.Addr); c != 0 {
			return c
		}
		return strings.Compare(a.Path, b.Path)
	})
	return list
}

// parseSocketLink reads "socket:[6563766]", proc_pid_fd(5).
func parseSocketLink(link string) (inode uint64, ok bool) {
	text, ok := strings.CutPrefix(link, "socket:[")
	text, closed := strings.CutSuffix(text, "]")
	if !ok || !closed {
		return 0, false
	}
	inode, err := strconv.ParseUint(text, 10, 64)
	return inode, err == nil
}

// Takes reports whether a connection to this address can be one to the socket.
func (s Socket) Takes(to netip.AddrPort) bool { return s.Network != "unix" && fitness(s.Addr, to) > 0 }
