package inspect

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// mostAnswers bounds what is read of sockets, in bytes.
const mostAnswers = 64 << 20

// readPeers asks the kernel which local sockets are connected to which, sock_diag(7): so a
// daemon's socket to the journal, or to syslog, is told from others. It returns none where
// that cannot be told; only sockets of our own network namespace are.
func readPeers() map[uint32]string {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	second := unix.Timeval{Sec: 1}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &second); err != nil {
		return nil
	}
	if err := unix.Sendto(fd, peersRequest(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil
	}
	list := make(map[uint32]localSocket)
	buf := make([]byte, 64<<10)
	for sum := 0; sum < mostAnswers; {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err != nil || n == 0 || parseLocalSockets(buf[:n], list) {
			break
		}
		sum += n
	}
	return peersOf(list)
}

// peersRequest asks for all of them, with their names and their peers.
func peersRequest() []byte {
	const (
		length   = netlinkHeader + 24 // and struct unix_diag_req
		showName = 1
		showPeer = 4
	)
	e, b := binary.NativeEndian, make([]byte, length)
	e.PutUint32(b, length)
	e.PutUint16(b[4:], unix.SOCK_DIAG_BY_FAMILY)
	e.PutUint16(b[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	b[netlinkHeader] = unix.AF_UNIX
	e.PutUint32(b[netlinkHeader+4:], ^uint32(0)) // in whatever state
	e.PutUint32(b[netlinkHeader+12:], showName|showPeer)
	return b
}
