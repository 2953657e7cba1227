package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v3/common"
	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// procTable reads a proc file system, proc(5).
type procTable struct {
	root   string
	pinned context.Context // for gopsutil: a stray $HOST_PROC redirects nothing
}

func newTable() table { return newProcTable("/proc") }

func newProcTable(root string) procTable {
	env := common.EnvMap{common.HostProcEnvKey: root}
	return procTable{root, context.WithValue(context.Background(), common.EnvKey, env)}
}

func (t procTable) dir(pid int) string { return t.root + "/" + strconv.Itoa(pid) }

func (t procTable) pids(context.Context) ([]int, error) {
	list, err := process.PidsWithContext(t.pinned)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, t.unmounted()
	case err != nil:
		return nil, fmt.Errorf("cannot list processes: %w", err)
	}
	us := strconv.Itoa(os.Getpid())
	switch link, err := os.Readlink(t.root + "/self"); {
	case err != nil:
		return nil, t.unmounted()
	case link != us:
		return nil, &BlindError{
			t.root + " belongs to another PID namespace: our process " + us + " is " + link + " in it",
			"mount one of our own: mount -t proc proc " + t.root,
		}
	}
	pids := make([]int, len(list))
	for i, pid := range list {
		pids[i] = int(pid)
	}
	return pids, nil
}

func (t procTable) unmounted() error {
	return &BlindError{"no proc file system is mounted on " + t.root, "mount it: mount -t proc proc " + t.root}
}

func (t procTable) self() Self {
	return Self{PID: os.Getpid(), File: statID(t.root + "/self/exe")}
}

func (t procTable) needsInit() bool { return true }

func (t procTable) exe(pid int) (string, error) {
	exe, err := (&process.Process{Pid: int32(pid)}).ExeWithContext(t.pinned)
	return exe, rowError(err)
}

// rowError sorts what reading a link of one process can fail with. ENOENT is a
// kernel thread or a zombie, if the process is there at all.
func rowError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ESRCH):
		return errGone
	case errors.Is(err, fs.ErrNotExist):
		return errNoExe
	case errors.Is(err, unix.ENAMETOOLONG):
		return errGone // no path that could be asked for is as long as that
	}
	return errDeny // EACCES without the right to trace it
}

func (t procTable) examine(pid int, exe string, exeErr error, needsArgs func(Process) bool) (Process, error) {
	dir := t.dir(pid)
	text, err := os.ReadFile(dir + "/status")
	switch {
	case isEnded(err):
		return Process{}, errGone
	case err != nil: // hidepid=1 lists processes of which nothing can be read
		return Process{}, fmt.Errorf("cannot read the process table: %w", err)
	}
	st, err := parseStatus(text)
	if err != nil {
		return Process{}, fmt.Errorf("cannot read %s/status: %w", dir, err)
	}
	p := Process{PID: pid, Name: st.name, User: st.euid, Stopped: st.state == 'T' || st.state == 't'}
	switch {
	case st.state == 'Z' && st.threads < 2:
		p.Zombie = true
		return p, nil
	case errors.Is(exeErr, errNoExe) && st.state != 'Z':
		return Process{}, errNoExe // a kernel thread, or one about to end
	case errors.Is(exeErr, errNoExe):
		if dir, exe, err = livingThread(dir); err != nil || dir == "" {
			p.Zombie = true
			return p, err
		}
	case exeErr != nil:
		p.Denied = true
		p.Args, err = readArgs(dir)
		return p, err
	}
	p.Exe, p.File, p.Deleted = readImage(dir, exe)
	if err := t.namespaces(&p, dir); err != nil {
		return Process{}, err
	}
	if p.Deleted {
		p.SameMount, p.Smuggled = t.mounts(dir, p.Exe)
	}
	if needsArgs(p) {
		if p.Args, err = readArgs(dir); err != nil {
			return Process{}, err
		}
		p.Script = scriptArg(p.Args, func(arg string) bool { return isRegular(seenFrom(dir, arg)) })
		p.ScriptFile = statID(seenFrom(dir, p.Script))
	}
	return p, nil
}

// livingThread finds a thread that goes on after the leader of its group has
// called pthread_exit(3), which makes the process look like a zombie.
func livingThread(dir string) (threadDir, exe string, err error) {
	tasks, err := os.ReadDir(dir + "/task")
	switch {
	case isEnded(err):
		return "", "", errGone
	case err != nil:
		return "", "", fmt.Errorf("cannot read the process table: %w", err)
	}
	for _, task := range tasks {
		d := dir + "/task/" + task.Name()
		if exe, err := os.Readlink(d + "/exe"); err == nil {
			return d, exe, nil
		}
	}
	return "", "", nil
}

// isEnded tells whether a file of a process cannot be read because the process
// has ended; any other error says nothing about it.
func isEnded(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
}

// readImage looks at the file behind the path of an executable. A file that
// cannot be seen although its path can is on a file system that keeps root out
// (FUSE): whatever it is, it is no file that we could have been asked for.
//
// A package manager may hold on to the old file under another name for a
// moment, so a link count above 0 does not make it less deleted.
func readImage(dir, exe string) (path string, file FileID, deleted bool) {
	var st unix.Statx_t
	// Do not wait for the server of a network file system that hangs.
	err := unix.Statx(unix.AT_FDCWD, dir+"/exe", unix.AT_STATX_DONT_SYNC, unix.STATX_INO|unix.STATX_NLINK, &st)
	if err == nil {
		file = FileID{Dev: unix.Mkdev(st.Dev_major, st.Dev_minor), Ino: st.Ino}
	} else if errors.Is(err, unix.ENOSYS) { // before Linux 4.11
		file = statID(dir + "/exe")
	}
	path, marked := strings.CutSuffix(exe, deletedMark)
	if !marked {
		return exe, file, false
	}
	if _, err := os.Lstat(exe); err == nil && st.Nlink > 0 {
		return exe, file, false // it is really called so
	}
	return path, file, true
}

// namespaces tells which namespaces of ours the process is in.
func (t procTable) namespaces(p *Process, dir string) error {
	var ownPID bool
	same := map[string]*bool{"pid": &ownPID, "user": &p.OwnUserNS}
	for name, own := range same {
		var err error
		switch *own, err = t.sharesNamespace(dir, name); {
		case errors.Is(err, errDeny):
			p.Denied = true
			return nil
		case err != nil:
			return err
		}
	}
	p.Foreign = !ownPID
	return nil
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
func (t procTable) mounts(dir, path string) (same, smuggled bool) {
	theirs, known := t.mountID(dir + "/exe")
	now, _ := t.mountID(filepath.Dir(path))
	if !known || theirs == now {
		return known, !known
	}
	info, err := os.ReadFile(dir + "/mountinfo")
	if err != nil {
		return false, true
	}
	for line := range strings.Lines(string(info)) {
		if id, _, _ := strings.Cut(line, " "); id == theirs {
			return false, false
		}
	}
	return false, true
}

// mountID is the mount through which a file is seen, proc_pid_fdinfo(5). With
// O_PATH the file is not opened.
func (t procTable) mountID(path string) (id string, ok bool) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", false
	}
	defer unix.Close(fd)
	text, err := os.ReadFile(t.root + "/self/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return "", false
	}
	_, rest, ok := strings.Cut(string(text), "mnt_id:\t")
	id, _, _ = strings.Cut(rest, "\n")
	return id, ok
}

// readArgs returns the arguments, none of a kernel thread or zombie. What the
// process has made of them in the meantime is its own affair.
func readArgs(dir string) ([]string, error) {
	text, err := os.ReadFile(dir + "/cmdline")
	switch {
	case isEnded(err):
		return nil, errGone
	case err != nil && !errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("cannot read the process table: %w", err)
	case len(text) == 0:
		return nil, nil
	}
	return strings.Split(string(bytes.TrimSuffix(text, []byte{0})), "\x00"), nil
}

// seenFrom is a path as the process itself sees it.
func seenFrom(dir, path string) string {
	switch {
	case path == "":
		return ""
	case strings.HasPrefix(path, "/"):
		return dir + "/root" + path
	}
	return dir + "/cwd/" + path
}
