package check

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

func listens(pid int) (bool, error) { return newProcTable("/proc").listens(pid) }

// listens looks for the process's descriptors in the tables of its own network
// namespace, proc_pid_net(5).
func (t procTable) listens(pid int) (bool, error) {
	sockets := make(map[string]bool)
	note := func(inode uint64) { sockets["socket:["+strconv.FormatUint(inode, 10)+"]"] = true }
	for _, name := range []string{"tcp", "tcp6", "unix"} {
		f, err := os.Open(t.dir(pid) + "/net/" + name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return false, err
		}
		table := io.LimitReader(f, mostSockets)
		if name == "unix" {
			parseAccepting(table, note)
		} else {
			var list []listener
			list, err = parseListeners(table, binary.NativeEndian)
			for _, l := range list {
				note(l.inode)
			}
		}
		f.Close()
		if err != nil {
			return false, err
		}
	}
	return t.holds(pid, sockets)
}

// mostSockets is how many bytes of a table of sockets are read.
const mostSockets = 8 << 20

// parseAccepting reads /proc/PID/net/unix, unix(7): the sockets of any name that wait
// for connections.
func parseAccepting(table io.Reader, note func(inode uint64)) {
	const flags, inode, acceptsConnections = 3, 6, 0x10000 // __SO_ACCEPTCON, <linux/net.h>
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) <= inode {
			continue
		}
		set, err := strconv.ParseUint(fields[flags], 16, 32)
		if err != nil || set&acceptsConnections == 0 {
			continue
		}
		if number, err := strconv.ParseUint(fields[inode], 10, 64); err == nil {
			note(number)
		}
	}
}
