package check

import (
	"errors"
	"fmt"
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
	if errors.Is(err, errDeny) {
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
	if err = rowError(err); errors.Is(err, errNoExe) {
		err = errGone
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
func (t procTable) mounts(dir, path string) (same, smuggled bool, err error) {
	theirs, err := t.mountID(dir + "/exe")
	if err != nil || theirs == "" {
		return false, true, err
	}
	now, err := t.mountID(filepath.Dir(path))
	if err != nil || now == theirs {
		return err == nil, false, err
	}
	info, err := os.ReadFile(dir + "/mountinfo")
	switch {
	case isEnded(err):
		return false, true, errGone
	case err != nil:
		return false, true, fmt.Errorf("cannot read the process table: %w", err)
	}
	return false, !hasMount(info, theirs), nil
}

// mountID is the mount through which a file is seen, proc_pid_fdinfo(5); "" if
// there is no such file. With O_PATH the file is not opened.
func (t procTable) mountID(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE), errors.Is(err, unix.ENOMEM):
		return "", fmt.Errorf("cannot read the process table: %w", err)
	case err != nil:
		return "", nil
	}
	defer unix.Close(fd)
	text, err := os.ReadFile(t.root + "/self/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return "", fmt.Errorf("cannot read the process table: %w", err)
	}
	return mountOf(text), nil
}
