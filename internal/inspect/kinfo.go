package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// kproc is what FreeBSD's struct kinfo_proc tells of a process, <sys/user.h>.
type kproc struct {
	pid, parent    int
	group, session int
	ids            IDs
	name           string
	jail           int
	size           uint64
	started        time.Time
	terminal       bool // it has a controlling one
}

// Where that struct has its fields, in bytes, on the machines of 64 bits.
const (
	kinfoSize    = 1088
	kinfoPID     = 72
	kinfoParent  = 76
	kinfoGroup   = 80
	kinfoSession = 88
	kinfoUID     = 168 // effective, real, saved
	kinfoRGID    = 180 // real, saved
	kinfoGroups  = 192 // the first is the effective one
	kinfoVirtual = 256
	kinfoStart   = 336 // seconds, microseconds
	kinfoFlags   = 376
	kinfoComm    = 447
	kinfoCommLen = 20
	kinfoJail    = 592

	hasTerminalFlag = 1 // KI_CTTY
)

// parseKprocs reads the rows of kern.proc.proc and kern.proc.pid.
func parseKprocs(table []byte) ([]kproc, error) {
	if len(table)%kinfoSize != 0 {
		return nil, fmt.Errorf("%d bytes are not full rows of %d", len(table), kinfoSize)
	}
	var list []kproc
	for row := table; len(row) > 0; row = row[kinfoSize:] {
		if size := int32At(row, 0); size != kinfoSize {
			return nil, fmt.Errorf("a row says that it has %d bytes, not %d", size, kinfoSize)
		}
		list = append(list, parseKproc(row[:kinfoSize]))
	}
	return list, nil
}

func parseKproc(row []byte) kproc {
	e := binary.NativeEndian
	p := kproc{
		pid: int32At(row, kinfoPID), parent: int32At(row, kinfoParent), group: int32At(row, kinfoGroup), session: int32At(row, kinfoSession),
		jail: int32At(row, kinfoJail), size: e.Uint64(row[kinfoVirtual:]), terminal: e.Uint64(row[kinfoFlags:])&hasTerminalFlag != 0,
		name:    cText(row[kinfoComm : kinfoComm+kinfoCommLen]),
		started: time.Unix(int64(e.Uint64(row[kinfoStart:])), int64(e.Uint64(row[kinfoStart+8:])%1e6)*1000),
	}
	effective, real, saved := e.Uint32(row[kinfoUID:]), e.Uint32(row[kinfoUID+4:]), e.Uint32(row[kinfoUID+8:])
	p.ids.Users = [4]uint32{real, effective, saved, effective}
	group := e.Uint32(row[kinfoGroups:])
	p.ids.Groups = [4]uint32{e.Uint32(row[kinfoRGID:]), group, e.Uint32(row[kinfoRGID+4:]), group}
	return p
}

func int32At(b []byte, at int) int { return int(int32(binary.NativeEndian.Uint32(b[at:]))) }

func cText(b []byte) string {
	text, _, _ := bytes.Cut(b, []byte{0})
	return string(text)
}

// kfile is a row of FreeBSD's kern.proc.filedesc, struct kinfo_file in <sys/user.h>.
type kfile struct {
	File
	special int            // what it is if it is no descriptor: kfCwd, kfRoot, kfTerminal
	self    string         // of a pipe or a socket: its key
	other   string         // of a pipe: the key of its other end
	listens *listenAddress // of a socket that accepts connections
}

// listenAddress is where a socket listens.
type listenAddress struct {
	Text   string
	Public bool
}

// Rows that are no descriptors.
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

// parseKfiles reads the rows, each of which begins with its length.
func parseKfiles(rows []byte) ([]kfile, error) {
	var list []kfile
	for len(rows) > 0 {
		if len(rows) < kfPath {
			return nil, errors.New("a row is cut")
		}
		length := int32At(rows, 0)
		if length < kfPath || length > len(rows) {
			return nil, fmt.Errorf("a row of %d bytes", length)
		}
		list = append(list, parseKfile(rows[:length]))
		rows = rows[length:]
	}
	return list, nil
}

func parseKfile(row []byte) kfile {
	e := binary.NativeEndian
	number, flags := int32At(row, kfNumber), int32At(row, kfFlags)
	x := kfile{File: File{Number: number, Path: cText(row[kfPath:]), Read: flags&1 != 0, Write: flags&2 != 0, Append: flags&4 != 0}}
	if number < 0 {
		x.special, x.Number = number, 0
	}
	const vnode, socket, pipe, fifo, pts = 1, 2, 3, 4, 10
	switch int32At(row, kfType) {
	case vnode, fifo:
		x.Kind = vnodeKind(int32At(row, kfVnode), x.Path)
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

// vnodeKind goes by the types of vnodes, and by names for devices.
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

// listensAt: a stream that has an address and no peer waits for connections.
func listensAt(row []byte) (name string, listens *listenAddress) {
	domain, kind := int32At(row, kfDomain), int32At(row, kfSockType)
	local, peer := row[kfLocal:kfLocal+128], row[kfPeer:kfPeer+128]
	switch domain {
	case bsdUnix:
		name = cText(local[2:])
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
