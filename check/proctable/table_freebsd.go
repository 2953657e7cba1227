package proctable

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// kernTable reads the sysctl tree kern.proc, sysctl(3).
type kernTable struct {
	files  *Files
	jailed bool
	jails  map[int32]bool // jid: is it a service jail of this host?
	comms  map[int]string // of the processes that pids has listed
}

func New(f *Files) Table {
	jailed, err := unix.SysctlUint32("security.jail.jailed")
	return &kernTable{files: f, jailed: err == nil && jailed == 1, jails: make(map[int32]bool)}
}

// PIDs reads the whole table by one sysctl. gopsutil, which reads the same, then sends
// signal 0 to every process, which audit(4) records and which costs five more calls.
func (t *kernTable) PIDs(context.Context) ([]int, error) {
	if err := checkSight(); err != nil {
		return nil, err
	}
	rows, err := KInfos()
	if err != nil {
		return nil, fmt.Errorf("cannot list processes: %w", err)
	}
	pids := make([]int, len(rows))
	t.comms = make(map[int]string, len(rows))
	for i, k := range rows {
		pids[i], t.comms[k.PID] = k.PID, k.Name
	}
	return pids, nil
}

// Comm costs nothing: the list has told it.
func (t *kernTable) Comm(pid int) (name string, known bool) {
	name, known = t.comms[pid]
	return name, known
}

// checkSight: security(7) can hide the processes of other users and groups from
// all but root, without an error.
func checkSight() error {
	if os.Geteuid() == 0 {
		return nil
	}
	for _, name := range []string{"security.bsd.see_other_uids", "security.bsd.see_other_gids", "security.bsd.see_jail_proc"} {
		if v, err := unix.SysctlUint32(name); err == nil && v == 0 {
			return &BlindError{name + " is 0: it hides the processes of others", asRoot}
		}
	}
	return nil
}

func (t *kernTable) Self() Self {
	exe, err := os.Executable()
	if err != nil {
		return Self{PID: os.Getpid()}
	}
	return Self{PID: os.Getpid(), File: FileIDAt(exe)}
}

// NeedsInit: a jail has no process 1 of its own.
func (t *kernTable) NeedsInit() bool { return !t.jailed }

// Exe is sysctl kern.proc.pathname, a path as seen from our own root. gopsutil
// asks for its length first; ENOMEM means that the process has executed something
// with a longer path since.
func (t *kernTable) Exe(pid int) (string, error) {
	var exe string
	var err error
	for range sysctlTries {
		exe, err = (&process.Process{Pid: int32(pid)}).ExeWithContext(context.Background())
		if !errors.Is(err, unix.ENOMEM) {
			break
		}
	}
	switch {
	case err == nil && exe == "":
		return "", ErrNoExe // a kernel process or a zombie
	case err == nil:
		return exe, nil
	case errors.Is(err, unix.ESRCH):
		return "", ErrGone
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return "", ErrDeny
	}
	return "", ErrLost // ENOENT, or what else a file system says that cannot name it
}

func (t *kernTable) Examine(pid int, exe string, exeErr error, ask Asks) (Process, error) {
	k, err := ProcessKInfo(pid)
	if err != nil {
		return Process{}, err
	}
	p := Process{
		PID: pid, Name: k.Name, Parent: k.Parent, Exe: exe,
		User: k.Users[Effective], Group: k.Groups[Effective], RealUser: k.Users[Real], RealGroup: k.Groups[Real],
		RSS: k.Pages * uint64(os.Getpagesize()), VMS: k.VMS,
		Stopped: k.State == kinfoStopped, Zombie: k.State == kinfoZombie,
		OwnUserNS: true, // there are none
	}
	switch {
	case p.Zombie:
		return p, nil
	case errors.Is(exeErr, ErrNoExe):
		return Process{}, ErrNoExe
	case !ask.Row(p):
		return Process{}, ErrNone
	case errors.Is(exeErr, ErrDeny):
		p.Denied = true
	case errors.Is(exeErr, ErrLost):
		p.Deleted = true
	default:
		p.readFile(t.files)
	}
	if err := t.place(&p, k.Jail); err != nil {
		return Process{}, err
	}
	if p.Denied || p.Deleted || IsInterpreter(p.Name) || ask.Args(p) {
		t.readArgs(&p)
		p.Script = ScriptArg(p.Args, func(arg string) bool { return isRegular(seenFrom(pid, arg)) })
		p.ScriptFile = FileIDAt(seenFrom(pid, p.Script))
	}
	if p.Script != "" && !p.Deleted {
		// The kernel has the interpreter's name for it, do_execve in
		// sys/kern/kern_exec.c; Linux has the script's.
		p.Name = filepath.Base(p.Script)
	}
	return p, nil
}

// readFile looks at the file behind the path. One that has gone since was replaced
// at this very moment; another error says nothing about it.
func (p *Process) readFile(f *Files) {
	path := p.Exe
	info, err := wait(f.stalls, p.Payer(), path, func() (fs.FileInfo, error) { return os.Stat(path) })
	switch {
	case err == nil:
		p.File = FileIDOf(info)
	case errors.Is(err, fs.ErrNotExist):
		p.Exe, p.Deleted = "", true
	default:
		p.Denied, p.Trouble = true, "its executable cannot be read: "+err.Error()
	}
}

// readArgs reads the arguments. The kernel may have to wait for the memory that they
// are in.
func (t *kernTable) readArgs(p *Process) {
	p.Taken |= ArgsReading
	args, err := wait(t.files.stalls, p.Payer(), fmt.Sprintf("kern.proc.args.%d", p.PID), func() ([]string, error) { return readArgs(p.PID), nil })
	if err != nil {
		p.Trouble = "its arguments cannot be read: " + err.Error()
		return
	}
	var isCut bool
	if p.Args, isCut = clipArgs(args); isCut {
		p.Trouble = tooManyArgs
	}
}

// readArgs returns none if they cannot be read; then they tell nothing.
func readArgs(pid int) []string {
	for range sysctlTries {
		args, err := (&process.Process{Pid: int32(pid)}).CmdlineSliceWithContext(context.Background())
		switch {
		case errors.Is(err, unix.ENOMEM): // longer by now
		case !slices.ContainsFunc(args, func(arg string) bool { return arg != "" }):
			return nil // wiped out
		default:
			return args
		}
	}
	return nil
}

// place tells whose the process is. ki_jid is 0 in our own jail; a service jail
// (rc.conf(5), X_svcj) holds a service of this host, with the host's own root.
func (t *kernTable) place(p *Process, jid int32) error {
	if jid == 0 {
		return nil
	}
	service, known := t.jails[jid]
	if !known {
		name, path, err := jailName(jid)
		switch {
		case errors.Is(err, unix.ENOENT):
			return ErrGone // the jail has ended, and its processes with it
		case err != nil:
			p.Denied, p.Nowhere = true, true
			return nil
		}
		service = strings.HasPrefix(name, "svcj-") && path == "/"
		t.jails[jid] = service
	}
	p.Foreign = !service
	return nil
}

// jailName asks jail_get(2) for a jail's name and root.
func jailName(jid int32) (name, path string, err error) {
	nameBuf, pathBuf := make([]byte, 256), make([]byte, unix.PathMax)
	params := []struct {
		key   string
		value unsafe.Pointer
		size  int
	}{
		{"jid", unsafe.Pointer(&jid), int(unsafe.Sizeof(jid))},
		{"name", unsafe.Pointer(&nameBuf[0]), len(nameBuf)},
		{"path", unsafe.Pointer(&pathBuf[0]), len(pathBuf)},
	}
	var iov []unix.Iovec
	for _, p := range params {
		key, err := unix.BytePtrFromString(p.key)
		if err != nil {
			return "", "", err
		}
		k := unix.Iovec{Base: key}
		k.SetLen(len(p.key) + 1)
		v := unix.Iovec{Base: (*byte)(p.value)}
		v.SetLen(p.size)
		iov = append(iov, k, v)
	}
	_, _, errno := unix.Syscall(unix.SYS_JAIL_GET, uintptr(unsafe.Pointer(&iov[0])), uintptr(len(iov)), 0)
	if errno != 0 {
		return "", "", errno
	}
	return unix.ByteSliceToString(nameBuf), unix.ByteSliceToString(pathBuf), nil
}

// seenFrom is a path as the process itself sees it; its working directory is
// asked for only where the path is relative.
func seenFrom(pid int, path string) string {
	if path == "" || strings.HasPrefix(path, "/") {
		return path
	}
	// kern.proc.cwd gives a struct kinfo_file, whose last member is the path,
	// <sys/user.h>.
	const pathOffset = 1392 - 1024 // KINFO_FILE_SIZE - PATH_MAX
	buf, err := unix.SysctlRaw("kern.proc.cwd", pid)
	if err != nil || len(buf) <= pathOffset {
		return ""
	}
	dir := CText(buf[pathOffset:])
	if dir == "" { // removed, or not to be seen
		return ""
	}
	return dir + "/" + path
}

func isRegular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
