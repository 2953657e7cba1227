package proctable

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Stat is what /proc/ID/stat says of a process or a thread, proc_pid_stat(5).
type Stat struct {
	Name    string // not made printable
	State   byte   // R, S, D, Z, T, t, X, I
	Parent  int
	Group   int // its process group
	Session int
	TTY     int           // the device number of its controlling terminal; 0: it has none
	CPU     time.Duration // that it has used
	Threads int
	Start   time.Duration // since boot, whole ticks
	HasArgs bool          // the kernel knows where its arguments end: not before it has executed its program
}

// tick is the unit of the times in /proc: USER_HZ, which is 100 on all that Go runs on.
const tick = 10 * time.Millisecond

// ParseStat reads a line of stat. The name stands in brackets, and may itself hold brackets,
// spaces and line ends; what stands behind the last bracket is the kernel's. The file of a
// process that is ending may be empty: ErrGone.
func ParseStat(line []byte) (Stat, error) {
	const state, parent, group, session, tty, utime, stime, threads, start, argEnd = 3, 4, 5, 6, 7, 14, 15, 20, 22, 49 // as the page counts them
	open, end := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return Stat{}, ErrGone
	}
	st, n := Stat{Name: string(line[open+1 : end])}, state
	for field := range bytes.FieldsSeq(line[end+1:]) {
		var err error
		switch n {
		case state:
			if len(field) > 1 {
				err = fmt.Errorf("a state of %d letters", len(field))
			}
			st.State = field[0]
		case parent:
			st.Parent, err = parseInt(field)
		case group:
			st.Group, err = parseInt(field)
		case session:
			st.Session, err = parseInt(field)
		case tty:
			st.TTY, err = parseInt(field)
		case threads:
			st.Threads, err = parseInt(field)
		case utime, stime:
			var n uint64
			n, err = strconv.ParseUint(string(field), 10, 63)
			st.CPU += time.Duration(min(n, math.MaxInt64/2/uint64(tick))) * tick // the sum of two has room
		case start:
			var n uint64
			n, err = strconv.ParseUint(string(field), 10, 39)
			st.Start = time.Duration(n) * tick
		case argEnd:
			st.HasArgs = string(field) != "0"
		}
		if err != nil {
			return Stat{}, fmt.Errorf("cannot read the process table: %w", err)
		}
		n++
	}
	if n <= start {
		return Stat{}, ErrGone
	}
	return st, nil
}

func parseInt(field []byte) (int, error) {
	n, err := strconv.ParseInt(string(field), 10, 32)
	return int(n), err
}

// Ended reports whether it is a zombie. The leader of threads that live on looks like one, too,
// but has not ended.
func (st Stat) Ended() bool { return (st.State == 'Z' || st.State == 'X') && st.Threads < 2 }
