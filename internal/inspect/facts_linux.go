package inspect

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// Read reads all that the kernel tells of a process. osutil.ErrEnded says that there is none.
func Read(_ context.Context, w *World, pid int) (Facts, error) {
	dir := procDir(pid)
	task, err := proctable.ReadStat(pid)
	if err != nil {
		return Facts{}, err
	}
	f := Facts{PID: pid, Name: task.Name, Now: time.Now()}
	r := reader{f: &f, w: w, dir: dir, task: task}
	r.mounts = r.readMounts()
	r.places = readPlaces(r.mounts)
	r.program()
	r.who()
	r.where()
	r.detached()
	r.files()
	r.limits()
	r.memory()
	now, err := proctable.ReadStat(pid)
	if err == nil && now.Start != task.Start {
		err = osutil.ErrEnded
	}
	return f, err
}

// reader reads one process.
type reader struct {
	f      *Facts
	w      *World
	dir    string
	task   proctable.Stat
	mounts []proctable.Mount
	places places
	family map[int]bool
}

func (r *reader) read(name string, most int64) ([]byte, error) {
	return osutil.ReadSome(r.dir+"/"+name, most)
}

// program reads what it executes, since when, and its arguments.
func (r *reader) program() {
	exe, err := os.Readlink(r.dir + "/exe")
	name, deleted := strings.CutSuffix(exe, proctable.DeletedMark)
	if deleted && r.hasName(r.dir+"/exe") {
		name, deleted = exe, false // the mark is part of its name
	}
	r.f.Exe, r.f.Deleted = name, Know(deleted, err)
	if text, err := r.read("cmdline", mostText); err == nil && len(text) > 0 {
		r.f.Args = strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
	}
	up, err := osutil.Uptime()
	r.f.Booted = r.f.Now.Add(-up)
	r.f.Started = Know(r.f.Booted.Add(r.task.Start), err)
	text, err := r.read("maps", mostMaps)
	if errors.Is(err, fs.ErrPermission) {
		r.f.Libraries = denied[[]string](err)
	} else {
		r.f.Libraries = Know(parseReplaced(text), err)
	}
	relatives := r.w.descendants(r.f.PID)
	r.f.Relatives = known(relatives)
	r.family = make(map[int]bool)
	for _, x := range relatives {
		r.family[x.PID] = true
	}
}

// hasName reports whether a file has a name in any folder.
func (r *reader) hasName(at string) (has bool) {
	r.touch(at, func(fd int) {
		var st unix.Stat_t
		has = unix.Fstat(fd, &st) == nil && st.Nlink > 0
	})
	return has
}

func (r *reader) who() {
	f := r.f
	f.readStatus(r.read("status", mostStatus))
	if f.IDs.Known {
		f.UserTasks = known(r.w.tasksOf(f.IDs.Value.Users[proctable.Real]))
	}
	switch text, err := r.read("attr/current", mostStatus); {
	case errors.Is(err, unix.EINVAL), errors.Is(err, fs.ErrNotExist):
		f.Label = never[string]("no security module gives processes a label here")
	default:
		f.Label = Know(proctable.CleanLabel(text), err)
	}
	switch text, err := r.read("loginuid", mostStatus); {
	case errors.Is(err, fs.ErrNotExist):
		f.Login = never[Login]("the kernel has no audit")
	case err != nil:
		f.Login = denied[Login](err)
	default:
		n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
		f.Login = Know(Login{By: uint32(n), Some: err == nil && uint32(n) != ^uint32(0)}, err)
	}
}

// readMounts are the file systems that the process sees.
func (r *reader) readMounts() []proctable.Mount {
	text, err := r.read("mountinfo", mostMaps)
	if err != nil {
		return nil
	}
	return parseMountinfo(text)
}

func (r *reader) where() {
	f := r.f
	root, err := os.Readlink(r.dir + "/root")
	f.Root = Know(Folder{Path: root}, err)
	if err == nil {
		d := &f.Root.Value
		d.Changed = true
		r.touch(r.dir+"/root", func(fd int) {
			d.Changed, d.Writable = root != "/" || !isRoot(fd), r.mayWrite(fd)
		})
	}
	cwd, err := os.Readlink(r.dir + "/cwd")
	f.Cwd = Know(Folder{}, err)
	if err == nil {
		f.Cwd.Value = r.folder(cwd)
	}
	f.Namespaces = r.namespaces()
}

// folder looks at its working folder. A folder of a file system that is served by others is not
// touched: they may not answer.
func (r *reader) folder(cwd string) Folder {
	name, deleted := strings.CutSuffix(cwd, proctable.DeletedMark)
	d := Folder{Path: name, Deleted: deleted}
	seen := name
	if root := r.f.Root.Value.Path; root != "/" && within(name, root) {
		seen = cmp.Or(strings.TrimPrefix(name, root), "/")
	}
	id := r.touch(r.dir+"/cwd", func(fd int) { d.Writable = r.mayWrite(fd) })
	m, ok := r.places.mounts[id]
	if !ok && id == "" {
		m, ok = mountAt(r.mounts, seen)
	}
	if !ok {
		d.System = "no file system that is mounted here"
		return d
	}
	d.System, d.Network = m.Kind, servedElsewhere(m.Kind)
	d.Removable = isRemovable(m.Device) || within(seen, "/media") || within(seen, "/run/media")
	return d
}

// mayWrite reports whether the process's own user may write into a folder, by its mode.
func (r *reader) mayWrite(fd int) bool {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || !r.f.IDs.Known {
		return false
	}
	ids := r.f.IDs.Value
	switch {
	case ids.user() == 0:
		return true
	case st.Uid == ids.user():
		return st.Mode&0o200 != 0
	case st.Gid == ids.Groups[proctable.Effective], slices.Contains(r.f.Groups.Value, st.Gid):
		return st.Mode&0o020 != 0
	}
	return st.Mode&0o002 != 0
}

// isRemovable reports whether a device, or the one that it is a partition of, is removable.
func isRemovable(device string) bool {
	for _, name := range []string{"/removable", "/../removable"} {
		text, err := osutil.ReadSome("/sys/dev/block/"+device+name, 8)
		if err == nil {
			return strings.TrimSpace(string(text)) == "1"
		}
	}
	return false
}

// namespaces are the kinds of namespaces that it does not share with process 1, namespaces(7).
func (r *reader) namespaces() Fact[[]string] {
	list := []string{}
	machines := "/proc/1/ns/"
	if _, err := os.Readlink(machines + "mnt"); err != nil {
		machines = "/proc/self/ns/" // in a container those of process 1 may not be readable
	}
	for _, kind := range []string{"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"} {
		theirs, err := os.Readlink(r.dir + "/ns/" + kind)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return denied[[]string](err)
		}
		if ours, err := os.Readlink(machines + kind); err != nil || theirs != ours {
			list = append(list, kind)
		}
	}
	return known(list)
}

func (r *reader) detached() {
	f := r.f
	f.Session = known(r.w.leader(f.PID, r.task.Session, r.family))
	f.Group = known(r.w.leader(f.PID, r.task.Group, r.family))
	f.Terminal = known(terminalName(r.task.TTY))
	text, err := r.read("cgroup", mostText)
	f.Cgroup = Know(proctable.ParseGroup(text), err)
}

func (r *reader) limits() {
	f := r.f
	text, err := r.read("limits", mostStatus)
	f.Limits = Know(parseLimits(text), err)
	text, err = osutil.ReadSome("/proc/1/limits", mostStatus)
	f.Machine = Know(parseLimits(text), err)
	text, err = r.read("oom_score_adj", 64)
	n, err2 := strconv.Atoi(strings.TrimSpace(string(text)))
	f.OOMAdjust = Know(n, cmp.Or(err, err2))
	text, err = osutil.ReadSome("/proc/sys/kernel/core_pattern", 4<<10)
	f.Cores = Know(strings.TrimSpace(string(text)), err)
}
