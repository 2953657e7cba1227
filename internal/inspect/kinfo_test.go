package inspect

import (
	"encoding/binary"
	"reflect"
	"testing"
)

type kfileRow struct {
	kind, fd, flags, vnode int
	path                   string
	size, id               uint64
	mode                   uint16
	domain, sock           int
	local, peer            []byte
	pipe, other            uint64
}

// fileRow is built from the offsets of <sys/user.h>, too.
func fileRow(k kfileRow) []byte {
	e := binary.NativeEndian
	row := make([]byte, (kfPath+len(k.path)+1+7)&^7)
	put := func(at, n int) { e.PutUint32(row[at:], uint32(n)) }
	put(0, len(row))
	put(4, k.kind)
	put(8, k.fd)
	put(16, k.flags)
	switch k.kind {
	case 1:
		put(32, k.vnode)
		e.PutUint64(row[304:], k.id)
		e.PutUint64(row[312:], k.size)
		e.PutUint16(row[328:], k.mode)
	case 2:
		put(36, k.domain)
		put(40, k.sock)
		copy(row[48:], k.local)
		copy(row[176:], k.peer)
		e.PutUint64(row[304:], 0xabc)
	case 3:
		e.PutUint64(row[304:], k.pipe)
		e.PutUint64(row[312:], k.other)
	}
	copy(row[kfPath:], k.path)
	return row
}

func TestParseKfiles(t *testing.T) {
	inet := func(port byte, host ...byte) []byte { return append([]byte{16, 2, 0, port}, host...) }
	var rows []byte
	for _, k := range []kfileRow{
		{kind: 1, fd: kfCwd, vnode: 2, path: "/var/db"},
		{kind: 1, fd: 1, flags: 2 | 4, vnode: 1, path: "/var/log/x.log", size: 10, id: 99, mode: 0o100640},
		{kind: 1, fd: 0, flags: 1, vnode: 4, path: "/dev/null"},
		{kind: 1, fd: 2, flags: 3, vnode: 4, path: "/dev/pts/0"},
		{kind: 2, fd: 3, domain: 2, sock: 1, local: inet(80, 0, 0, 0, 0)},
		{kind: 2, fd: 4, domain: 2, sock: 1, local: inet(81, 127, 0, 0, 1), peer: inet(9, 127, 0, 0, 1)},
		{kind: 2, fd: 5, domain: 1, sock: 1, local: []byte("\x10\x01/var/run/x.sock")},
		{kind: 3, fd: 6, flags: 3, pipe: 0x10, other: 0x20},
	} {
		rows = append(rows, fileRow(k)...)
	}
	list, err := parseKfiles(rows)
	if err != nil || len(list) != 8 {
		t.Fatalf("%+v, %v", list, err)
	}
	if x := list[0]; x.special != kfCwd || x.Kind != Directory || x.Path != "/var/db" {
		t.Errorf("working folder: %+v", x)
	}
	want := File{Number: 1, Kind: Regular, Path: "/var/log/x.log", Write: true, Append: true, Size: 10, Mode: 0o640, Inode: 99}
	if x := list[1]; !reflect.DeepEqual(x.File, want) {
		t.Errorf("log: %+v", x)
	}
	if list[2].Kind != Null || list[3].Kind != Terminal {
		t.Errorf("devices: %+v, %+v", list[2], list[3])
	}
	if x := list[4]; x.listens == nil || *x.listens != (listenAddress{"tcp 0.0.0.0:80", true}) || x.self != "socket:abc" {
		t.Errorf("listening: %+v", x)
	}
	if x := list[5]; x.listens != nil || x.Kind != Socket {
		t.Errorf("a connection: %+v", x)
	}
	if x := list[6]; x.listens == nil || x.listens.Text != "unix /var/run/x.sock" {
		t.Errorf("local: %+v", x)
	}
	if x := list[7]; x.Kind != Pipe || x.self != "pipe:10" || x.other != "pipe:20" {
		t.Errorf("pipe: %+v", x)
	}
	if _, err := parseKfiles(rows[:100]); err == nil {
		t.Error("a cut row is believed")
	}
}
