package inspect

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"daemon-keeper/check/proctable"
)

// kfile is a row of FreeBSD's kern.proc.filedesc, struct kinfo_file in <sys/user.h>.
type kfile struct {
	File
	special int            // kfCwd, kfRoot or kfTerminal; 0 for a descriptor
	self    string         // the key of a pipe or a socket
	other   string         // the key of the other end of a pipe
	listens *listenAddress // of a socket that accepts connections
}

// listenAddress is where a socket listens.
type listenAddress struct {
	Text   string
	Public bool
}

// Rows that are not descriptors.
const (
	kfCwd      = -1
	kfRoot     = -2
	kfTerminal = -6
)

// Where struct kinfo_file has its fields since FreeBSD 12, in bytes.
const (
	kfType     = 4
	kfNumber   = 8
	kfFlags    = 16
	kfVnode    = 32  // kf_file_type
	kfFileID   = 304 // of a file
	kfFileSize = 312
	kfFileMode = 328
	kfDomain   = 36 // of a socket
	kfSockType = 40
	kfLocal    = 48
	kfPeer     = 176
	kfPCB      = 304
	kfConn     = 320 // kf_sock_unpconn
	kfPipe     = 304 // of a pipe: its end, and the other one
	kfPipePeer = 312
	kfPath     = 368
)

func parseKfiles(answer []byte) ([]kfile, error) {
	rows, err := proctable.FileRows(answer, kfPath)
	list := make([]kfile, len(rows))
	for i, row := range rows {
		list[i] = parseKfile(row)
	}
	return list, err
}

func parseKfile(row []byte) kfile {
	e := binary.NativeEndian
	number, flags := proctable.Int32At(row, kfNumber), proctable.Int32At(row, kfFlags)
	x := kfile{File: File{Number: number, Path: proctable.CText(row[kfPath:]), Read: flags&1 != 0, Write: flags&2 != 0, Append: flags&4 != 0}}
	if number < 0 {
		x.special, x.Number = number, 0
	}
	const vnode, socket, pipe, fifo, pts = 1, 2, 3, 4, 10
	switch proctable.Int32At(row, kfType) {
	case vnode, fifo:
		x.Kind = vnodeKind(proctable.Int32At(row, kfVnode), x.Path)
		x.Inode, x.Size, x.Mode = e.Uint64(row[kfFileID:]), e.Uint64(row[kfFileSize:]), uint32(e.Uint16(row[kfFileMode:]))&0o7777
	case socket:
		x.Kind = Socket
		x.self = fmt.Sprintf("socket:%x", e.Uint64(row[kfPCB:]))
		x.Path, x.listens = listensAt(row)
	case pipe:
		x.Kind = Pipe
		x.self, x.other = fmt.Sprintf("pipe:%x", e.Uint64(row[kfPipe:])), fmt.Sprintf("pipe:%x", e.Uint64(row[kfPipePeer:]))
		x.Path = x.self
	case pts:
		x.Kind = Terminal
	}
	return x
}

// vnodeKind is a kind by the type of the vnode; of a device by its name.
func vnodeKind(kind int, name string) Kind {
	const regular, directory, block, char, fifo = 1, 2, 3, 4, 7
	switch {
	case kind == regular:
		return Regular
	case kind == directory:
		return Directory
	case kind == fifo:
		return Pipe
	case kind == block:
		return Device
	case kind != char:
		return Other
	case name == "/dev/null":
		return Null
	case hasPrefix(name, []string{"/dev/pts/", "/dev/tty", "/dev/console", "/dev/ttyv", "/dev/ttyu"}):
		return Terminal
	}
	return Device
}

// The families and the type of sockets, <sys/socket.h>.
const (
	bsdUnix   = 1
	bsdInet   = 2
	bsdInet6  = 28
	bsdStream = 1
)

// listensAt is the address of a socket. A stream socket that has an address and no peer waits for
// connections.
func listensAt(row []byte) (name string, listens *listenAddress) {
	domain, kind := proctable.Int32At(row, kfDomain), proctable.Int32At(row, kfSockType)
	local, peer := row[kfLocal:kfLocal+128], row[kfPeer:kfPeer+128]
	switch domain {
	case bsdUnix:
		name = proctable.CText(local[2:])
		if kind == bsdStream && name != "" && binary.NativeEndian.Uint64(row[kfConn:]) == 0 {
			return name, &listenAddress{Text: "unix " + name}
		}
	case bsdInet, bsdInet6:
		at, ok := bsdAddress(local, domain)
		if !ok {
			return "", nil
		}
		network := "tcp "
		if domain == bsdInet6 {
			network = "tcp6 "
		}
		name = at.String()
		if to, connected := bsdAddress(peer, domain); kind == bsdStream && at.Port() != 0 && (!connected || to.Port() == 0) {
			return name, &listenAddress{Text: network + name, Public: !at.Addr().IsLoopback()}
		}
	}
	return name, nil
}

// bsdAddress reads a struct sockaddr_in or sockaddr_in6: length, family, port, address.
func bsdAddress(b []byte, domain int) (netip.AddrPort, bool) {
	if int(b[1]) != domain {
		return netip.AddrPort{}, false
	}
	port := binary.BigEndian.Uint16(b[2:])
	if domain == bsdInet {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), port), true
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])), port), true
}
