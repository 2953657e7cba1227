package postmortem

import (
	"bytes"
	"encoding/binary"
)

// coreImage is what the notes of an image say, elf(5). Only they are read: an image may
// have gigabytes.
type coreImage struct {
	pid    int // of the process; 0 if the image does not tell it
	signal int
}

const (
	coreHead  = 4 << 10  // bytes: the head of the image and its first segments, with the notes among them
	coreNotes = 64 << 10 // bytes: the first notes, about the thread that has failed and the process
)

// coreNoteAt is where the notes are: the head of an image is followed by a table of
// segments.
func coreNoteAt(head []byte) (offset, size int64, ok bool) {
	const (
		typeCore = 4
		noteKind = 4
	)
	order, wide, ok := elfKind(head)
	if !ok || len(head) < 64 || order.Uint16(head[16:]) != typeCore {
		return 0, 0, false
	}
	table, entry, count := uint64(order.Uint32(head[28:])), int(order.Uint16(head[42:])), int(order.Uint16(head[44:]))
	if wide {
		table, entry, count = order.Uint64(head[32:]), int(order.Uint16(head[54:])), int(order.Uint16(head[56:]))
	}
	if table > uint64(len(head)) || entry < 32 || wide && entry < 56 {
		return 0, 0, false
	}
	for rest := head[table:]; count > 0 && len(rest) >= entry; count, rest = count-1, rest[entry:] {
		if order.Uint32(rest) != noteKind {
			continue
		}
		from, length := uint64(order.Uint32(rest[4:])), uint64(order.Uint32(rest[16:]))
		if wide {
			from, length = order.Uint64(rest[8:]), order.Uint64(rest[32:])
		}
		if from > 1<<40 {
			return 0, 0, false
		}
		return int64(from), int64(min(length, coreNotes)), true
	}
	return 0, 0, false
}

// elfKind is the byte order, and whether numbers have 64 bits.
func elfKind(head []byte) (order binary.ByteOrder, wide, ok bool) {
	if len(head) < 16 || !bytes.Equal(head[:4], []byte("\x7fELF")) {
		return nil, false, false
	}
	switch head[5] {
	case 1:
		order = binary.LittleEndian
	case 2:
		order = binary.BigEndian
	default:
		return nil, false, false
	}
	return order, head[4] == 2, head[4] == 1 || head[4] == 2
}

// readCoreNotes reads the notes of an image whose head is given: the first NT_PRSTATUS is
// the thread that has failed, and NT_PRPSINFO (FreeBSD's NT_PSINFO) is the process.
func readCoreNotes(head, notes []byte) (coreImage, bool) {
	order, wide, ok := elfKind(head)
	if !ok {
		return coreImage{}, false
	}
	const (
		status = 1
		psinfo = 3
	)
	image, seen := coreImage{}, false
	for len(notes) >= 12 {
		nameSize, size, kind := uint64(order.Uint32(notes)), uint64(order.Uint32(notes[4:])), order.Uint32(notes[8:])
		body := 12 + (nameSize+3)&^3
		end := body + (size+3)&^3
		if end > uint64(len(notes)) || body > uint64(len(notes)) {
			break
		}
		owner := string(bytes.TrimRight(notes[12:12+nameSize], "\x00"))
		desc := notes[body : body+size]
		switch {
		case owner == "CORE" && kind == status && image.signal == 0 && size >= 16:
			image.signal = int(order.Uint16(desc[12:])) // pr_cursig, behind the three numbers of a siginfo
		case owner == "CORE" && kind == psinfo:
			image.linuxProcess(desc, order, wide)
			seen = true
		case owner == "FreeBSD" && kind == status && image.signal == 0:
			image.freebsdSignal(desc, order, wide)
		case owner == "FreeBSD" && kind == psinfo:
			image.freebsdProcess(desc, order, wide)
			seen = true
		}
		notes = notes[end:]
	}
	return image, seen
}

// linuxProcess reads a struct elf_prpsinfo, linux/elfcore.h: four bytes, the flags, user
// and group, then the process, its parent, group and session, 16 bytes of its name and 80
// of its arguments. User and group have 16 bits on some 32-bit systems.
func (c *coreImage) linuxProcess(desc []byte, order binary.ByteOrder, wide bool) {
	at := 24
	switch {
	case wide && len(desc) >= 136:
	case !wide && len(desc) >= 128:
		at = 16
	case !wide && len(desc) >= 124:
		at = 12
	default:
		return
	}
	c.pid = int(order.Uint32(desc[at:]) & 0x7fffffff)
}

// freebsdSignal reads a struct prstatus, sys/procfs.h: a version, three sizes, the
// system's version, the signal.
func (c *coreImage) freebsdSignal(desc []byte, order binary.ByteOrder, wide bool) {
	at := 4 + 3*4 + 4
	if wide {
		at = 8 + 3*8 + 4
	}
	if len(desc) >= at+4 {
		c.signal = int(order.Uint32(desc[at:]) & 0xff)
	}
}

// freebsdProcess reads a struct prpsinfo, sys/procfs.h: a version, a size, 17 bytes of the
// name, 81 of the arguments, and, since FreeBSD 12, the process.
func (c *coreImage) freebsdProcess(desc []byte, order binary.ByteOrder, wide bool) {
	at := 8
	if wide {
		at = 16
	}
	if pid := (at + 17 + 81 + 3) &^ 3; len(desc) >= pid+4 {
		c.pid = int(order.Uint32(desc[pid:]) & 0x7fffffff)
	}
}
