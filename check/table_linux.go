package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
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

	scratch []byte // for the file that is being read: a look reads one at a time
}

func newTable() table { return newProcTable("/proc") }

func newProcTable(root string) procTable {
	env := common.EnvMap{common.HostProcEnvKey: root}
	return procTable{root, context.WithValue(context.Background(), common.EnvKey, env), make([]byte, 0, 4<<10)}
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
	text, err := readProc(dir+"/status", t.scratch)
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
	p := Process{
		PID: pid, Name: unescape(st.name), Parent: st.parent, User: st.euid, Group: st.egid,
		RSS: st.rss, VMS: st.vms, Stopped: st.state == 'T' || st.state == 't', Tasks: st.threads,
	}
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
		p.deny(st.namespaces)
		p.read = argsReading
		p.Args, err = readArgs(dir)
		return p, err
	}
	if p.Exe, p.File, p.Deleted, err = readImage(dir, exe); isEnded(err) {
		return Process{}, errGone
	} else if err != nil {
		p.deny(st.namespaces)
		return p, nil
	}
	if err := t.namespaces(&p, dir, st.namespaces); err != nil {
		return Process{}, err
	}
	if p.Deleted {
		if p.SameMount, p.Smuggled, err = t.mounts(dir, p.Exe); err != nil {
			return Process{}, err
		}
	}
	if needsArgs(p) {
		p.read = argsReading
		if p.Args, err = readArgs(dir); err != nil {
			return Process{}, err
		}
		p.Script = scriptArg(p.Args, func(arg string) bool { return isRegular(seenFrom(dir, arg)) })
		p.ScriptFile = statID(seenFrom(dir, p.Script))
	}
	return p, nil
}

// readProc reads a file of proc(5). os.ReadFile would make six system calls more,
// to find out whether such a file can be waited for. The text overwrites scratch,
// which it may outgrow.
func readProc(path string, scratch []byte) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	text := scratch[:0]
	for {
		n, err := unix.Read(fd, text[len(text):cap(text)])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return text, nil
		}
		text = text[:len(text)+n]
		if len(text) == cap(text) {
			text = slices.Grow(text, len(text))
		}
	}
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

// readImage looks at the file behind the path of an executable. A package manager
// may hold on to the old file under another name for a moment, so a link count
// above 0 does not make it less deleted.
func readImage(dir, exe string) (path string, file FileID, deleted bool, err error) {
	file, links, err := statImage(dir + "/exe")
	path, marked := strings.CutSuffix(exe, deletedMark)
	switch {
	case err != nil || !marked:
		return exe, file, false, err
	case links > 0:
		if _, err := os.Lstat(exe); err == nil {
			return exe, file, false, nil // it is really called so
		}
	}
	return path, file, true, nil
}

// statImage does not wait for the server of a network file system that hangs. A
// file that may not be seen although its path may is on a file system that keeps
// root out (FUSE): it is no file that we could have been asked for.
func statImage(path string) (file FileID, links uint32, err error) {
	var st unix.Statx_t
	switch err := unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC, unix.STATX_INO|unix.STATX_NLINK, &st); {
	case err == nil:
		return FileID{Dev: unix.Mkdev(st.Dev_major, st.Dev_minor), Ino: st.Ino}, st.Nlink, nil
	case errors.Is(err, unix.EACCES):
		return FileID{}, 0, nil
	case !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM): // before Linux 4.11; old seccomp filters
		return FileID{}, 0, err
	}
	var old unix.Stat_t
	if err := unix.Stat(path, &old); err != nil && !errors.Is(err, unix.EACCES) {
		return FileID{}, 0, err
	} else if err != nil {
		return FileID{}, 0, nil
	}
	return FileID{Dev: uint64(old.Dev), Ino: old.Ino}, uint32(old.Nlink), nil
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
	case len(bytes.Trim(text, "\x00 ")) == 0: // none, or wiped out: memset(3) leaves as many zero bytes
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
