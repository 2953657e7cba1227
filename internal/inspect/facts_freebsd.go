package inspect

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// Read reads all that the kernel tells of a process. osutil.ErrEnded says that there is none.
func Read(_ context.Context, w *World, pid int) (Facts, error) {
	p, err := proctable.ProcessKInfo(pid)
	if err != nil {
		return Facts{}, err
	}
	ids := IDs{p.Users, p.Groups}
	f := Facts{PID: pid, Name: p.Name, Now: time.Now(), Started: known(p.Started()), IDs: known(ids), Virtual: known(p.VMS)}
	f.program()
	f.notTold()
	relatives := w.descendants(pid)
	f.Relatives, f.UserTasks = known(relatives), known(w.tasksOf(ids.Users[proctable.Real]))
	family := make(map[int]bool)
	for _, r := range relatives {
		family[r.PID] = true
	}
	f.Session, f.Group = known(w.leader(pid, p.Session, family)), known(w.leader(pid, p.Group, family))
	f.Jail = known("")
	if p.Jail != 0 {
		f.Jail = known(fmt.Sprintf("jail %d", p.Jail))
	}
	f.supplementary(ids.Groups[proctable.Effective])
	f.readUmask()
	f.readLimits()
	f.readFiles(w, family, p.HasTerminal)
	again, err := proctable.ProcessKInfo(pid)
	if err == nil && again.Start != p.Start {
		err = osutil.ErrEnded
	}
	return f, err
}

// program reads the path of the program. If the file was removed, there is none: ENOENT.
func (f *Facts) program() {
	text, err := proctable.Sysctl("kern.proc.pathname", f.PID)
	f.Exe = proctable.CText(text)
	switch {
	case errors.Is(err, unix.ENOENT):
		f.Exe, f.Deleted = f.Name, known(true)
	default:
		f.Deleted = Know(false, err)
	}
	if text, err := proctable.Sysctl("kern.proc.args", f.PID); err == nil && len(text) > 0 {
		f.Args = strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
	}
}

// notTold sets the facts that FreeBSD does not have, or never tells.
func (f *Facts) notTold() {
	const none = "FreeBSD has none of these"
	f.Caps, f.NoNewPrivs, f.Seccomp = never[Caps](none), never[bool](none), never[int](none)
	f.Label, f.Namespaces, f.Cgroup = never[string](none), never[[]string](none), never[string](none)
	f.Memory, f.Tasks, f.OOMAdjust = never[Memory](none), never[Counted](none), never[int](none)
	f.Login, f.Locked = never[Login]("FreeBSD does not tell it"), never[uint64]("FreeBSD does not tell it")
	f.Libraries = never[[]string]("FreeBSD does not tell for sure whether a mapped file still has a name")
	text, err := unix.Sysctl("kern.corefile")
	f.Cores = Know(text, err)
}

// supplementary reads the groups. The first one is the effective group, <sys/ucred.h>.
func (f *Facts) supplementary(effective uint32) {
	text, err := proctable.Sysctl("kern.proc.groups", f.PID)
	var list []uint32
	for ; len(text) >= 4; text = text[4:] {
		list = append(list, binary.NativeEndian.Uint32(text))
	}
	if len(list) > 0 && list[0] == effective {
		list = list[1:]
	}
	f.Groups = Know(list, err)
}

func (f *Facts) readUmask() {
	text, err := proctable.Sysctl("kern.proc.umask", f.PID)
	if err == nil && len(text) < 2 {
		err = errors.New("the answer is too short")
	}
	if err != nil {
		f.Umask = denied[uint32](err)
		return
	}
	f.Umask = known(uint32(binary.NativeEndian.Uint16(text)))
}

// The resources that package unix has no names for, <sys/resource.h>.
const (
	limitMemlock = 6
	limitNproc   = 7
)

func (f *Facts) readLimits() {
	list := make(map[Resource]Limit)
	var failed error
	for r, number := range map[Resource]int{OpenFiles: unix.RLIMIT_NOFILE, Processes: limitNproc, CoreSize: unix.RLIMIT_CORE, LockedMem: limitMemlock, Address: unix.RLIMIT_AS} {
		text, err := proctable.Sysctl("kern.proc.rlimit", f.PID, number)
		if err != nil || len(text) != 16 {
			failed = errors.Join(failed, err)
			continue
		}
		list[r] = Limit{bsdLimit(binary.NativeEndian.Uint64(text)), bsdLimit(binary.NativeEndian.Uint64(text[8:]))}
	}
	if len(list) == 0 {
		f.Limits = denied[map[Resource]Limit](failed)
		return
	}
	// The kernel uses the smaller one of the two, getmaxfd in kern_descrip.c.
	if most, err := unix.SysctlUint32("kern.maxfilesperproc"); err == nil {
		l := list[OpenFiles]
		list[OpenFiles] = Limit{min(l.Soft, uint64(most)), l.Hard}
	}
	f.Limits = known(list)
}

// bsdLimit is a limit. RLIM_INFINITY is the largest signed number.
func bsdLimit(n uint64) uint64 {
	if n >= math.MaxInt64 {
		return proctable.Unlimited
	}
	return n
}

func (f *Facts) readFiles(w *World, family map[int]bool, hasTerminal bool) {
	rows, err := filesOf(f.PID)
	if err != nil {
		f.Files, f.Root, f.Cwd, f.Listening = denied[[]File](err), denied[Folder](err), denied[Folder](err), denied[[]Listening](err)
		f.Terminal = known(map[bool]string{true: "one that may not be named", false: ""}[hasTerminal])
		return
	}
	f.Terminal, f.Root = known(""), known(Folder{Path: "/"})
	if hasTerminal {
		f.Terminal = known("a terminal")
	}
	files, listening := []File{}, []Listening{}
	for _, x := range rows {
		switch {
		case x.special == kfTerminal && hasTerminal && x.Path != "":
			f.Terminal = known(x.Path)
		case x.special == kfRoot:
			f.Root = known(f.folder(x.Path))
			f.Root.Value.Changed = x.Path != "/"
		case x.special == kfCwd:
			f.Cwd = known(f.folder(x.Path))
		case x.special < 0:
		default:
			f.pipe(w, &x, family)
			files = append(files, x.File)
			if x.listens != nil {
				listening = append(listening, Listening{Socket: x.listens.Text, Public: x.listens.Public, Others: w.strangers(f.PID, x.self, family)})
			}
		}
	}
	f.Files, f.Listening = known(files), known(listening)
}

// folder looks at a folder. Only one that was removed has no path.
func (f *Facts) folder(name string) Folder {
	d := Folder{Path: name, Deleted: name == ""}
	if d.Deleted {
		d.Path = "a folder that has no name any more"
		return d
	}
	var s unix.Statfs_t
	if unix.Statfs(name, &s) == nil {
		d.System = unix.ByteSliceToString(s.Fstypename[:])
		d.Network = s.Flags&unix.MNT_LOCAL == 0
	}
	d.Removable = within(name, "/media") || bytes.HasPrefix(s.Mntfromname[:], []byte("/dev/da")) && within(name, "/mnt")
	info, err := os.Stat(name)
	d.Writable = err == nil && info.Mode().Perm()&0o002 != 0
	return d
}

// pipe finds out who is at the other end of a pipe, by its key.
func (f *Facts) pipe(w *World, x *kfile, family map[int]bool) {
	if x.Kind != Pipe || x.other == "" || w.blind != "" {
		return
	}
	ends := w.held[x.other]
	for _, h := range ends {
		if h.pid == f.PID || family[h.pid] {
			return
		}
	}
	strangers := w.strangers(f.PID, x.other, family)
	switch {
	case len(ends) == 0:
		x.Silent = x.Write
	case len(strangers) > 0:
		x.Foreign = fmt.Sprintf("%s(%d)", strangers[0].Name, strangers[0].PID)
		x.Peer = x.Foreign
	default:
		x.Peer = fmt.Sprintf("%s(%d)", w.procs[ends[0].pid].name, ends[0].pid)
	}
}
