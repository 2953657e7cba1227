package proctable

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// Sockets lists the addresses at which these processes accept connections. One that
// has ended holds none. What cannot be read is an error: then there may be more.
func Sockets(pids []int) ([]Socket, error) { return At("/proc", Directly()).listening(pids) }

// Executes reports whether a process that was started then, see Usage.Start, still runs
// and executes this file, even if that has been removed.
func Executes(pid int, start uint64, file FileID) (bool, error) {
	if runs, err := Runs(pid, start); err != nil || !runs {
		return false, err
	}
	is, _, err := statImage(At("/proc", Directly()).dir(pid) + "/exe")
	if IsEnded(err) {
		return false, nil
	}
	return err == nil && is == file && file != (FileID{}), err
}

// listening reads the tables of each network namespace that the processes are in.
func (t procTable) listening(pids []int) ([]Socket, error) {
	if len(pids) > mostAsked {
		return nil, fmt.Errorf("cannot tell where %d processes listen: %w", len(pids), errTooMuch)
	}
	held := make(map[uint64]bool)
	networks := make(map[string]int) // one process of each
	for _, pid := range pids {
		switch network, err := os.Readlink(t.dir(pid) + "/ns/net"); {
		case IsEnded(err):
			continue
		case err != nil:
			return nil, fmt.Errorf("cannot tell where process %d listens: %w", pid, err)
		default:
			networks[network] = pid
		}
		switch err := t.heldBy(pid, mostOpen, held); {
		case IsEnded(err):
		case err != nil:
			return nil, fmt.Errorf("cannot tell where process %d listens: %w", pid, err)
		}
	}
	if len(held) == 0 {
		return nil, nil
	}
	var list []Socket
	for _, pid := range networks {
		tcp, local, err := t.waiting(strconv.Itoa(pid))
		switch {
		case IsEnded(err):
		case err != nil:
			return nil, fmt.Errorf("cannot tell where process %d listens: %w", pid, err)
		default:
			list = append(list, socketsOf(held, tcp[0], tcp[1], local)...)
		}
	}
	return list, nil
}

// heldBy notes the sockets that a process has open. As many open files as most are errTooMuch:
// a process may have millions, so the rest is not listed.
func (t procTable) heldBy(pid, most int, held map[uint64]bool) error {
	dir := t.dir(pid) + "/fd"
	numbers, err := Numbers(dir, most)
	switch {
	case err != nil:
		return err
	case len(numbers) >= most:
		return errTooMuch
	}
	for _, number := range numbers {
		link, err := os.Readlink(dir + "/" + strconv.Itoa(number))
		if err != nil {
			continue // closed meanwhile
		}
		if inode, ok := parseSocketLink(link); ok {
			held[inode] = true
		}
	}
	return nil
}

// Listeners are the sockets of a process that accept connections, by the inodes that are in
// its links in /proc/PID/fd: socket:[6563766].
func Listeners(pid int) (map[uint64]Socket, error) {
	t := At("/proc", Directly())
	held := make(map[uint64]bool)
	if err := t.heldBy(pid, mostOpen, held); err != nil {
		return nil, fmt.Errorf("cannot tell where process %d listens: %w", pid, err)
	}
	tcp, local, err := t.waiting(strconv.Itoa(pid))
	if err != nil {
		return nil, fmt.Errorf("cannot tell where process %d listens: %w", pid, err)
	}
	list := make(map[uint64]Socket)
	for inode := range held {
		one := map[uint64]bool{inode: true}
		for _, s := range socketsOf(one, tcp[0], tcp[1], local) {
			list[inode] = s
		}
	}
	return list, nil
}

// waiting are all sockets of a process's network namespace that listen: of IPv4, of IPv6, and
// of the file system.
func (t procTable) waiting(who string) (tcp [2][]listener, local []unixListener, err error) {
	if tcp, err = t.waitingTCP(who); err == nil {
		local, err = t.waitingUnix(who)
	}
	return tcp, local, err
}

func (t procTable) waitingTCP(who string) (tcp [2][]listener, err error) {
	for i, name := range []string{"tcp", "tcp6"} {
		err := t.table(who, name, func(r io.Reader) (err error) {
			tcp[i], err = parseListeners(r, binary.NativeEndian)
			return err
		})
		if err != nil {
			return tcp, err
		}
	}
	return tcp, nil
}

func (t procTable) waitingUnix(who string) (local []unixListener, err error) {
	err = t.table(who, "unix", func(r io.Reader) (err error) {
		local, err = parseUnixListening(r)
		return err
	})
	return local, err
}

// table reads one of /proc/PID/net; a kernel without IPv6 has not all of them.
func (t procTable) table(who, name string, parse func(io.Reader) error) error {
	f, err := os.Open(t.root + "/" + who + "/net/" + name)
	if err != nil {
		return unlessMissing(err)
	}
	defer f.Close()
	limited := &io.LimitedReader{R: f, N: mostTable}
	if err := parse(limited); err != nil {
		return err
	}
	if limited.N <= 0 {
		return errTooMuch
	}
	return nil
}

// errTooMuch is the error for a table that is larger than its limit.
var errTooMuch = errors.New("there is more of it than a daemon can need")
