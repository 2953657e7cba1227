package proctable

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// kinfoLayout is how large FreeBSD's struct kinfo_proc is, and where it has these fields,
// in bytes, <sys/user.h>.
type kinfoLayout struct{ size, pid, comm int }

// commLen is COMMLEN, <sys/user.h>. MAXCOMLEN is as much, and a NUL follows.
const commLen = 19

// kinfoRow is what the list of all processes tells of one.
type kinfoRow struct {
	pid  int
	comm string // the last element of the path that it has executed, cut at 19 bytes
}

// parseKinfos reads what sysctl kern.proc.proc has answered.
func parseKinfos(table []byte, l kinfoLayout) ([]kinfoRow, error) {
	if len(table)%l.size != 0 {
		return nil, fmt.Errorf("%d bytes are not full rows of %d", len(table), l.size)
	}
	rows := make([]kinfoRow, 0, len(table)/l.size)
	for ; len(table) > 0; table = table[l.size:] {
		if size := int(int32(binary.NativeEndian.Uint32(table))); size != l.size { // ki_structsize
			return nil, fmt.Errorf("a row says that it has %d bytes, not %d", size, l.size)
		}
		comm, _, _ := bytes.Cut(table[l.comm:l.comm+commLen], []byte{0})
		rows = append(rows, kinfoRow{int(int32(binary.NativeEndian.Uint32(table[l.pid:]))), string(comm)})
	}
	return rows, nil
}
