package proctable

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

// listener is a socket that waits for connections to a TCP address.
type listener struct {
	addr  netip.AddrPort
	inode uint64
}

// The states of a socket in the tables, <net/tcp_states.h>.
const (
	stateListen  = "0A"
	stateSynRecv = "03"
)

// parseListeners reads /proc/PID/net/tcp or tcp6, proc_pid_net(5), as far as the
// listening sockets go: the kernel lists them first. Before Linux 4.4 those that
// are about to be accepted stood among them.
//
// An address is one word of 32 bits, or four for IPv6. Each word is in network order, but
// printed as a number in this machine's order.
func parseListeners(table io.Reader, order binary.ByteOrder) ([]listener, error) {
	var list []listener
	lines := bufio.NewScanner(table)
	lines.Scan() // the heading
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		const local, state, inode = 1, 3, 9
		if len(fields) <= inode {
			return nil, errors.New("a line is too short")
		}
		if fields[state] == stateSynRecv {
			continue
		}
		if fields[state] != stateListen {
			break
		}
		addr, err := parseHexAddr(fields[local], order)
		if err != nil {
			return nil, err
		}
		number, err := strconv.ParseUint(fields[inode], 10, 64)
		if err != nil {
			return nil, err
		}
		list = append(list, listener{addr, number})
	}
	return list, lines.Err()
}

// parseHexAddr reads "0100007F:0016", which is 127.0.0.1:22 where the order is
// little-endian.
func parseHexAddr(text string, order binary.ByteOrder) (netip.AddrPort, error) {
	host, portText, _ := strings.Cut(text, ":")
	port, err := strconv.ParseUint(portText, 16, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	words, err := hex.DecodeString(host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if len(words) != 4 && len(words) != 16 {
		return netip.AddrPort{}, fmt.Errorf("an address of %d bytes", len(words))
	}
	for i := 0; i < len(words); i += 4 {
		order.PutUint32(words[i:], binary.BigEndian.Uint32(words[i:]))
	}
	addr, _ := netip.AddrFromSlice(words)
	return netip.AddrPortFrom(addr, uint16(port)), nil
}

// taking returns the inodes of the sockets that may take a connection to this
// address: those bound to it, or else to any address. Among the latter one of IPv4
// is better for IPv4 than one for both (compute_score, inet_hashtables.c).
func taking(list []listener, to netip.AddrPort) []uint64 {
	var inodes []uint64
	best := 1
	for _, l := range list {
		switch fit := fitness(l.addr, to); {
		case fit > best:
			best, inodes = fit, []uint64{l.inode}
		case fit == best:
			inodes = append(inodes, l.inode)
		}
	}
	return inodes
}

func fitness(bound, to netip.AddrPort) int {
	host := to.Addr().Unmap().WithZone("")
	switch addr := bound.Addr(); {
	case bound.Port() != to.Port():
		return 0
	case addr.Unmap() == host:
		return 3
	case addr.Unmap() == netip.IPv4Unspecified() && host.Is4():
		return 2
	case addr == netip.IPv6Unspecified():
		return 1
	}
	return 0
}

const acceptsConnections = 0x10000 // __SO_ACCEPTCON, <linux/net.h>
