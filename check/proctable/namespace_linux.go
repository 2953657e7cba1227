package proctable

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// namespaces tells which namespaces of ours the process is in: its numbers in
// /proc/PID/status are one for each PID namespace from ours down to its own. The
// user namespace decides only about a deleted executable.
func (t procTable) namespaces(p *Process, dir string, numbers int) (err error) {
	own := numbers == 1
	if numbers == 0 {
		own, err = t.sharesNamespace(dir, "pid")
	}
	if err == nil && p.Deleted {
		p.OwnUserNS, err = t.sharesNamespace(dir, "user")
	}
	if errors.Is(err, ErrDeny) {
		p.deny(numbers)
		return nil
	}
	p.Foreign = !own
	return err
}

// deny: anybody may read of a process how many PID namespaces it has a number in.
func (p *Process) deny(numbers int) {
	p.Denied, p.Foreign, p.Nowhere = true, numbers > 1, numbers == 0
}

// sharesNamespace compares a link such as pid:[4026531836], namespaces(7).
func (t procTable) sharesNamespace(dir, name string) (bool, error) {
	theirs, err := os.Readlink(dir + "/ns/" + name)
	if err = rowError(err); errors.Is(err, ErrNoExe) {
		err = ErrGone
	}
	if err != nil {
		return false, err
	}
	ours, err := os.Readlink(t.root + "/self/ns/" + name)
	if err != nil {
		return false, fmt.Errorf("cannot read our own namespaces: %w", err)
	}
	return theirs == ours, nil
}

// mounts tells where a deleted executable is from. On overlayfs the file that was
// in a folder and the one that has replaced it may be on different devices, one
// for each layer, but not on different mounts. A file that was executed through
// /proc/PID/root of another mount namespace is on no mount of one's own.
//
// Root of another user namespace can have any number of mounts. That table is not read:
// whether a file was smuggled in matters only in our own user namespace.
func (t procTable) mounts(p *Process, dir string) error {
	type origin struct{ same, smuggled bool }
	path, own := p.Exe, p.OwnUserNS
	from, err := wait(t.files.stalls, p.Payer(), dir+"/mountinfo", func() (origin, error) {
		theirs, err := t.mountID(dir + "/exe")
		if err != nil || theirs == "" {
			return origin{smuggled: true}, err
		}
		now, err := t.mountID(filepath.Dir(path))
		if err != nil || now == theirs || !own {
			return origin{now == theirs, now != theirs}, err
		}
		isSmuggled, err := smuggled(dir, theirs)
		return origin{false, isSmuggled}, err
	})
	if err != nil {
		p.Denied = true
		return p.failed("its mounts", err)
	}
	p.SameMount, p.Smuggled = from.same, from.smuggled
	return nil
}

// smuggled reports whether the process does not see a mount. Of a process that is
// about to end the table cannot be opened any more (EINVAL, mounts_open_common in
// fs/proc_namespace.c).
func smuggled(dir, id string) (bool, error) {
	f, err := os.Open(dir + "/mountinfo")
	if errors.Is(err, unix.EINVAL) {
		return true, unix.ESRCH
	}
	if err != nil {
		return true, err
	}
	defer f.Close()
	limited := &io.LimitedReader{R: f, N: mountsLimit}
	lines := bufio.NewScanner(limited)
	for lines.Scan() {
		if bytes.HasPrefix(lines.Bytes(), []byte(id+" ")) { // each line begins with its number
			return false, nil
		}
	}
	if err := lines.Err(); err != nil {
		return true, err
	}
	if limited.N <= 0 {
		return true, fmt.Errorf("there are more than %d bytes of them", mountsLimit)
	}
	return true, nil
}

// mountID is the mount through which a file is seen, proc_pid_fdinfo(5); "" if
// there is no such file. With O_PATH the file is not opened.
func (t procTable) mountID(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE), errors.Is(err, unix.ENOMEM):
		return "", err
	case err != nil:
		return "", nil
	}
	defer unix.Close(fd)
	text, err := readProc(t.root+"/self/fdinfo/"+strconv.Itoa(fd), nil, fdinfoLimit)
	if err != nil {
		return "", err
	}
	id, _ := Field(text, "mnt_id")
	return id, nil
}
