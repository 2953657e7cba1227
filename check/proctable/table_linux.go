package proctable

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
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
	files  *Files

	scratch []byte // for the file that is being read: a look reads one at a time
}

func New(f *Files) Table { return At("/proc", f) }

func At(root string, f *Files) procTable {
	env := common.EnvMap{common.HostProcEnvKey: root}
	return procTable{root, context.WithValue(context.Background(), common.EnvKey, env), f, make([]byte, 0, 4<<10)}
}

func (t procTable) dir(pid int) string { return t.root + "/" + strconv.Itoa(pid) }

func (t procTable) PIDs(context.Context) ([]int, error) {
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

func (t procTable) Self() Self {
	return Self{PID: os.Getpid(), File: FileIDAt(t.root + "/self/exe")}
}

func (t procTable) NeedsInit() bool { return true }

func (t procTable) Comm(int) (string, bool) { return "", false }

// Exe is called for each process, so it allocates as little as it can: gopsutil's takes
// twice as long as the kernel. What it tells is never longer than a page, d_path in
// fs/proc/base.c; a longer one is ENAMETOOLONG.
func (t procTable) Exe(pid int) (string, error) {
	link := t.scratch[:cap(t.scratch)]
	n, err := unix.Readlink(t.dir(pid)+"/exe", link)
	switch {
	case err != nil:
		return "", rowError(err)
	case n == len(link): // it may have been cut: pages can be larger than our buffer
		return "", ErrLong
	}
	return string(link[:n]), nil
}

// rowError sorts what reading a link of one process can fail with. ENOENT is a
// kernel thread or a zombie, if the process is there at all.
func rowError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ESRCH):
		return ErrGone
	case errors.Is(err, fs.ErrNotExist):
		return ErrNoExe
	case errors.Is(err, unix.ENAMETOOLONG):
		return ErrLong
	}
	return ErrDeny // EACCES without the right to trace it
}

func (t procTable) Examine(pid int, exe string, exeErr error, ask Asks) (Process, error) {
	dir := t.dir(pid)
	p, st, err := t.status(pid, exe)
	switch {
	case err != nil:
		return Process{}, err
	case p.Trouble != "":
		return p, nil
	case st.isZombie():
		p.Zombie = true
		return p, nil
	case errors.Is(exeErr, ErrNoExe) && st.State != 'Z':
		return Process{}, ErrNoExe // a kernel thread, or one about to end
	case !ask.Row(p):
		return Process{}, ErrNone
	case errors.Is(exeErr, ErrNoExe):
		if dir, exe, err = livingThread(dir); err != nil {
			return p, p.failed("its threads", err)
		} else if dir == "" {
			p.Zombie = true
			return p, nil
		}
	case errors.Is(exeErr, ErrLong):
		exe = "" // the file itself tells
	case exeErr != nil:
		p.deny(st.Namespaces)
		return p, t.readArgs(&p, dir)
	}
	if err := t.readImage(&p, dir, exe); IsEnded(err) {
		return Process{}, ErrGone
	} else if err != nil {
		p.deny(st.Namespaces)
		return p, p.failed("its executable", err)
	}
	if err := t.namespaces(&p, dir, st.Namespaces); err != nil {
		return Process{}, err
	}
	if p.Deleted && ask.Origin(p) {
		if err := t.mounts(&p, dir); err != nil {
			return Process{}, err
		}
	}
	if ask.Args(p) {
		if err := t.readArgs(&p, dir); err != nil {
			return Process{}, err
		}
		t.readScript(&p, dir)
	}
	return p, nil
}

// status reads /proc/PID/status, for which the kernel waits for nothing. If not even that can
// be read, only the path of the executable is known of the process.
func (t procTable) status(pid int, exe string) (Process, Status, error) {
	p := Process{PID: pid, Exe: exe}
	st, err := t.readStatus(pid, t.scratch)
	switch {
	case errors.Is(err, fs.ErrPermission): // hidepid=1 lists processes of which nothing can be read
		return p, st, fmt.Errorf("cannot read the process table: %w", err)
	case err != nil:
		p.deny(0)
		return p, st, p.failed("its state", err)
	}
	return Process{
		PID: pid, Name: unescape(st.Name), Parent: st.Parent,
		User: st.Users[Effective], Group: st.Groups[Effective], RealUser: st.Users[Real], RealGroup: st.Groups[Real],
		RSS: st.RSS, VMS: st.VMS, Stopped: st.isStopped(), Tasks: st.Threads,
	}, st, nil
}

// livingThread finds a thread that goes on after the leader of its group has
// called pthread_exit(3), which makes the process look like a zombie. Threads that
// have exited are not listed, so that the first few tell.
func livingThread(dir string) (threadDir, exe string, err error) {
	const first = 64
	ids, err := Numbers(dir+"/task", first)
	if err != nil {
		return "", "", err
	}
	for _, id := range ids {
		d := dir + "/task/" + strconv.Itoa(id)
		if exe, err := os.Readlink(d + "/exe"); err == nil {
			return d, exe, nil
		}
	}
	return "", "", nil
}

// readImage looks at the file behind the path of an executable. A package manager
// may hold on to the old file under another name for a moment, so a link count
// above 0 does not make it less deleted.
func (t procTable) readImage(p *Process, dir, exe string) error {
	type image struct {
		file  FileID
		links uint32
	}
	i, err := wait(t.files.stalls, p.Payer(), dir+"/exe", func() (i image, err error) {
		i.file, i.links, err = statImage(dir + "/exe")
		return i, err
	})
	if err != nil {
		p.Exe = strings.TrimSuffix(exe, DeletedMark)
		return err
	}
	p.Exe, p.File = exe, i.file
	path, marked := strings.CutSuffix(exe, DeletedMark)
	if !marked || i.links > 0 && t.files.isThere(p.Payer(), exe) {
		return nil // it is really called so
	}
	p.Exe, p.Deleted = path, true
	return nil
}

// statImage does not wait for the server of a network file system that hangs. A
// file that may not be seen although its path may be is on a file system that keeps
// root out (FUSE): it cannot be a wanted program.
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

func (t procTable) readStatus(pid int, scratch []byte) (Status, error) {
	text, err := readRecord(t.dir(pid)+"/status", scratch, MostStatus)
	if err != nil {
		return Status{}, err
	}
	return ParseStatus(text)
}

// isThere reports whether a path that a process's user has chosen leads to a file.
func (f *Files) isThere(user uint32, path string) bool {
	if f.Leads(path) {
		var st peekStatus
		return f.Ask(peekStat, path, &st) == nil && st.File != (FileID{})
	}
	id, err := wait(f.stalls, user, path, func() (FileID, error) { return FileIDAt(path), nil })
	return err == nil && id != (FileID{})
}
