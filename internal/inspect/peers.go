package inspect

import (
	"encoding/binary"

	"daemon-keeper/check/proctable"
)

// localSocket is a socket of the file system, as sock_diag(7) tells of it.
type localSocket struct {
	name string // "" if it has none; abstract names begin with @
	peer uint32 // the inode of the one that it is connected to; 0 if there is none
}

// Where the answers have their fields, <linux/unix_diag.h>.
const (
	netlinkHeader = 16
	unixMessage   = 16
	unixInode     = 4 // in that
	unixName      = 0 // the types of attributes
	unixPeer      = 2
	attrHeader    = 4

	netlinkError = 2
	netlinkDone  = 3
)

// parseLocalSockets reads answers into a list, by inodes. It reports whether there are no more.
func parseLocalSockets(text []byte, list map[uint32]localSocket) (done bool) {
	e := binary.NativeEndian
	for len(text) >= netlinkHeader {
		length := int(e.Uint32(text))
		if length < netlinkHeader || length > len(text) {
			return true
		}
		kind, body := e.Uint16(text[4:]), text[netlinkHeader:length]
		text = text[min((length+3)&^3, len(text)):]
		switch {
		case kind == netlinkDone, kind == netlinkError:
			return true
		case len(body) < unixMessage:
			continue
		}
		var s localSocket
		for rest := body[unixMessage:]; len(rest) >= attrHeader; {
			n, attr := int(e.Uint16(rest)), e.Uint16(rest[2:])
			if n < attrHeader || n > len(rest) {
				break
			}
			switch value := rest[attrHeader:n]; {
			case attr == unixName && len(value) > 0 && value[0] == 0:
				s.name = "@" + string(value[1:])
			case attr == unixName:
				s.name = proctable.CText(value)
			case attr == unixPeer && len(value) == 4:
				s.peer = e.Uint32(value)
			}
			rest = rest[min((n+3)&^3, len(rest)):]
		}
		list[e.Uint32(body[unixInode:])] = s
	}
	return false
}

// peersOf are the names of the sockets at the other ends, by inodes.
func peersOf(list map[uint32]localSocket) map[uint32]string {
	peers := make(map[uint32]string)
	for inode, s := range list {
		if name := list[s.peer].name; s.peer != 0 && name != "" {
			peers[inode] = name
		}
	}
	return peers
}
