package proctable

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// children lists what the main thread of a process has started. A kernel without
// CONFIG_PROC_CHILDREN has no such file, and then none is known. One read is enough:
// what it does not hold is beyond the last that is worth remembering.
func (t procTable) children(pid int) []int {
	fd, err := unix.Open(t.dir(pid)+"/task/"+strconv.Itoa(pid)+"/children", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, t.scratch[:cap(t.scratch)])
	if err != nil {
		return nil
	}
	return parseChildren(t.scratch[:n])
}
