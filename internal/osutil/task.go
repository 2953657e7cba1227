package osutil

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// Task is what /proc/ID/stat says of a process or a thread, proc_pid_stat(5).
type Task struct {
	Name    string // not made printable
	State   byte
	Parent  int
	Group   int // its process group
	Session int
	TTY     int           // the device number of its controlling terminal; 0: it has none
	Start   time.Duration // since boot
}

// ticks is how many there are in a second of the times in /proc, on every architecture
// that Go runs on.
const ticks = 100

// ParseTask reads a line of stat. The name may hold anything; what stands behind the last
// bracket is the kernel's.
func ParseTask(line []byte) (Task, bool) {
	open, end := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return Task{}, false
	}
	fields := strings.Fields(string(line[end+1:]))
	if len(fields) < 20 || len(fields[0]) != 1 {
		return Task{}, false
	}
	t := Task{Name: string(line[open+1 : end]), State: fields[0][0]}
	for i, number := range []*int{&t.Parent, &t.Group, &t.Session, &t.TTY} {
		n, err := strconv.ParseInt(fields[i+1], 10, 32)
		if err != nil {
			return Task{}, false
		}
		*number = int(n)
	}
	start, err := strconv.ParseUint(fields[19], 10, 40)
	if err != nil {
		return Task{}, false
	}
	t.Start = time.Duration(start) * (time.Second / ticks)
	return t, true
}
