package check

import (
	"bytes"
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
}

func newTable() table { return newProcTable("/proc") }

func newProcTable(root string) procTable {
	env := common.EnvMap{common.HostProcEnvKey: root}
	return procTable{root, context.WithValue(context.Background(), common.EnvKey, env)}
}

func (t procTable) dir(pid int) string { return t.root + "/" + strconv.Itoa(pid) }

func (t procTable) pids(context.Context) ([]int, error) {
	list, err := process.PidsWithContext(t.pinned)
	if err != nil {
		return nil, fmt.Errorf("cannot list processes: %w", err)
	}
	us := strconv.Itoa(os.Getpid())
	switch link, err := os.Readlink(t.root + "/self"); {
	case err != nil:
		return nil, &BlindError{"no proc file system is mounted on " + t.root}
	case link != us:
		return nil, &BlindError{t.root + " belongs to another PID namespace: our process " + us + " is " + link + " in it"}
	}
	pids := make([]int, len(list))
	for i, pid := range list {
		pids[i] = int(pid)
	}
	return pids, nil
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
	}
	return errDeny // EACCES without the right to trace it
}

func (t procTable) examine(pid int, exe string, exeErr error, needsArgs func(Process) bool) (Process, error) {
	dir := t.dir(pid)
	text, err := os.ReadFile(dir + "/status")
	if err != nil {
		return Process{}, errGone
	}
	st, err := parseStatus(text)
	if err != nil {
		return Process{}, fmt.Errorf("cannot read %s/status: %w", dir, err)
	}
	p := Process{PID: pid, Name: st.name, User: st.euid, Stopped: st.state == 'T' || st.state == 't'}
	if errors.Is(exeErr, errNoExe) {
		if st.state != 'Z' {
			return Process{}, errNoExe // a kernel thread, or one about to end
		}
		if dir, exe = livingThread(dir, st.threads); dir == "" {
			p.Zombie = true
			return p, nil
		}
	} else if exeErr != nil {
		p.Denied = true
		p.Args = readArgs(dir)
		p.Script = scriptArg(p.Args, func(string) bool { return false })
		return p, nil
	}
	p.Exe, p.File, p.Deleted = readImage(dir, exe)
	if err := t.namespaces(&p, dir); err != nil {
		return Process{}, err
	}
	if needsArgs(p) {
		p.Args = readArgs(dir)
		p.Script = scriptArg(p.Args, func(arg string) bool { return isRegular(seenFrom(dir, arg)) })
		p.ScriptFile = statID(seenFrom(dir, p.Script))
	}
	return p, nil
}

// livingThread finds a thread that goes on after the leader of its group has
// called pthread_exit(3), which makes the process look like a zombie.
func livingThread(dir string, threads int) (threadDir, exe string) {
	if threads < 2 {
		return "", ""
	}
	tasks, err := os.ReadDir(dir + "/task")
	if err != nil {
		return "", ""
	}
	for _, task := range tasks {
		d := dir + "/task/" + task.Name()
		if exe, err := os.Readlink(d + "/exe"); err == nil {
			return d, exe
		}
	}
	return "", ""
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

// namespaces tells whether the process is in our PID and user namespaces.
func (t procTable) namespaces(p *Process, dir string) error {
	for _, ns := range []struct {
		name string
		same *bool
	}{{"pid", new(bool)}, {"user", &p.OwnUserNS}} {
		theirs, err := os.Readlink(dir + "/ns/" + ns.name)
		if err := rowError(err); err != nil {
			if errors.Is(err, errDeny) {
				p.Denied = true
				return nil
			}
			return errGone
		}
		ours, err := os.Readlink(t.root + "/self/ns/" + ns.name)
		if err != nil {
			return fmt.Errorf("cannot read our own namespaces: %w", err)
		}
		*ns.same = theirs == ours
		if ns.name == "pid" {
			p.Foreign = theirs != ours
		}
	}
	return nil
}

// readArgs returns the arguments, none of a kernel thread or zombie. What the
// process has made of them in the meantime is its own affair.
func readArgs(dir string) []string {
	text, err := os.ReadFile(dir + "/cmdline")
	if err != nil || len(text) == 0 {
		return nil
	}
	return strings.Split(string(bytes.TrimSuffix(text, []byte{0})), "\x00")
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
