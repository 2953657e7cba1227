package proctable

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"
)

// KInfo is what FreeBSD's struct kinfo_proc tells of a process, or of one of its threads,
// <sys/user.h>.
type KInfo struct {
	PID, Parent    int
	Group, Session int
	Thread         int       // the number of the thread that the row is about
	Name           string    // the last element of the path that it has executed, cut at 19 bytes
	Users, Groups  [4]uint32 // ids: Real, Effective, Saved and OfFiles, which are the effective ones
	Jail           int32     // 0: our own
	VMS            uint64    // bytes of address space
	Pages          uint64    // resident in memory
	CPU            time.Duration
	Start          int64 // in microseconds, by the clock of the day as it is now
	State          byte
	HasTerminal    bool // it has a controlling one
}

// The states of a process that matter, <sys/proc.h>.
const (
	kinfoStopped = 4
	kinfoZombie  = 5
)

// Started is when it was started.
func (k KInfo) Started() time.Time { return time.UnixMicro(k.Start) }

// kinfoLayout is how large the struct is, and where it has these fields, in bytes. It differs
// between machines of 32 and of 64 bits.
type kinfoLayout struct {
	size, word, second                                int // word: bytes of a long; second: bytes of the seconds of a start
	pid, parent, group, session, thread, comm, tdname int
	users, realGroup, groups, jail                    int // effective, real and saved user; real and saved group; the first is effective
	virtual, pages, runtime, start, kiflag, state     int
}

// The lengths of names, <sys/user.h>: COMMLEN and TDNAMLEN.
const (
	commLen   = 19
	tdnameLen = 16
)

// rows takes apart what the sysctls kern.proc.proc, kern.proc.pid and kern.proc.pid_td answer.
func (l kinfoLayout) rows(table []byte) ([][]byte, error) {
	if len(table)%l.size != 0 {
		return nil, fmt.Errorf("%d bytes are not full rows of %d", len(table), l.size)
	}
	rows := make([][]byte, 0, len(table)/l.size)
	for ; len(table) > 0; table = table[l.size:] {
		if size := Int32At(table, 0); size != l.size { // ki_structsize
			return nil, fmt.Errorf("a row says that it has %d bytes, not %d", size, l.size)
		}
		rows = append(rows, table[:l.size])
	}
	return rows, nil
}

func (l kinfoLayout) parse(row []byte) KInfo {
	u32 := func(at int) uint32 { return binary.NativeEndian.Uint32(row[at:]) }
	k := KInfo{
		PID: Int32At(row, l.pid), Parent: Int32At(row, l.parent), Group: Int32At(row, l.group), Session: Int32At(row, l.session),
		Thread: Int32At(row, l.thread), Name: CText(row[l.comm : l.comm+commLen]), Jail: int32(u32(l.jail)),
		VMS: unsignedAt(row, l.virtual, l.word), Pages: uint64(max(signedAt(row, l.pages, l.word), 0)),
		CPU:   time.Duration(binary.NativeEndian.Uint64(row[l.runtime:])) * time.Microsecond,
		Start: signedAt(row, l.start, l.second)*1e6 + signedAt(row, l.start+l.second, l.word),
		State: row[l.state], HasTerminal: unsignedAt(row, l.kiflag, l.word)&1 != 0, // KI_CTTY
	}
	effective, group := u32(l.users), u32(l.groups)
	k.Users = [4]uint32{u32(l.users + 4), effective, u32(l.users + 8), effective}
	k.Groups = [4]uint32{u32(l.realGroup), group, u32(l.realGroup + 4), group}
	return k
}

// unsignedAt is a number of 4 or 8 bytes.
func unsignedAt(row []byte, at, size int) uint64 {
	if size == 4 {
		return uint64(binary.NativeEndian.Uint32(row[at:]))
	}
	return binary.NativeEndian.Uint64(row[at:])
}

// signedAt is a number of 4 or 8 bytes with a sign.
func signedAt(row []byte, at, size int) int64 {
	if size == 4 {
		return int64(Int32At(row, at))
	}
	return int64(binary.NativeEndian.Uint64(row[at:]))
}

// threadName is the name of the row's thread, cut at 16 bytes; the rest is in ki_moretdname.
func (l kinfoLayout) threadName(row []byte) string { return CText(row[l.tdname : l.tdname+tdnameLen]) }

// Int32At is a number of 32 bits with a sign in an answer of the kernel.
func Int32At(b []byte, at int) int { return int(int32(binary.NativeEndian.Uint32(b[at:]))) }

// CText is a text that ends at its first zero byte.
func CText(b []byte) string {
	text, _, _ := bytes.Cut(b, []byte{0})
	return string(text)
}

// FileRows takes apart what FreeBSD's kern.proc.filedesc answers: rows that begin with their
// length, their type and their descriptor, struct kinfo_file in <sys/user.h>. Below 0 are the
// program, the working directory, the terminal and the like. Each has at least so many bytes.
func FileRows(answer []byte, least int) ([][]byte, error) {
	var list [][]byte
	for len(answer) > 0 {
		if len(answer) < least {
			return nil, fmt.Errorf("a row is cut")
		}
		length := Int32At(answer, 0)
		if length < least || length > len(answer) {
			return nil, fmt.Errorf("a row of %d bytes", length)
		}
		list = append(list, answer[:length])
		answer = answer[length:]
	}
	return list, nil
}

// countDescriptors counts the open files among such rows.
func countDescriptors(answer []byte) (open int, err error) {
	const numberAt, least = 8, 16
	rows, err := FileRows(answer, least)
	for _, row := range rows {
		if Int32At(row, numberAt) >= 0 {
			open++
		}
	}
	return open, err
}
