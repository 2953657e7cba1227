package inspect

import (
	"encoding/binary"
	"reflect"
	"testing"
)

// diagRow is an answer, as <linux/unix_diag.h> has it.
func diagRow(inode uint32, name string, peer uint32) []byte {
	e := binary.NativeEndian
	var attrs []byte
	add := func(kind uint16, value []byte) {
		a := make([]byte, attrHeader, attrHeader+len(value)+3)
		e.PutUint16(a, uint16(attrHeader+len(value)))
		e.PutUint16(a[2:], kind)
		a = append(a, value...)
		attrs = append(attrs, append(a, make([]byte, -len(a)&3)...)...)
	}
	if name != "" {
		add(unixName, []byte(name))
	}
	add(9, []byte{1}) // of which we know nothing
	if peer != 0 {
		add(unixPeer, e.AppendUint32(nil, peer))
	}
	row := make([]byte, netlinkHeader+unixMessage)
	e.PutUint32(row, uint32(len(row)+len(attrs)))
	e.PutUint16(row[4:], 20)
	e.PutUint32(row[netlinkHeader+unixInode:], inode)
	return append(row, attrs...)
}

func TestParseLocalSockets(t *testing.T) {
	text := append(diagRow(10, "", 11), diagRow(11, "/run/systemd/journal/stdout\x00", 10)...)
	text = append(text, diagRow(12, "", 13)...)
	text = append(text, diagRow(13, "\x00abstract", 0)...)
	list := make(map[uint32]localSocket)
	if parseLocalSockets(text, list) {
		t.Error("it is not the end")
	}
	if got, want := peersOf(list), (map[uint32]string{10: "/run/systemd/journal/stdout", 12: "@abstract"}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	end := make([]byte, netlinkHeader)
	binary.NativeEndian.PutUint32(end, netlinkHeader)
	binary.NativeEndian.PutUint16(end[4:], netlinkDone)
	if !parseLocalSockets(end, list) {
		t.Error("it is the end")
	}
	if !parseLocalSockets(text[:20], list) {
		t.Error("a cut answer is the end")
	}
}
